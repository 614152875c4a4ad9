import { isLearningError, LearningError, messageOf } from "../../core/index.js";

/** SQLSTATE or the system's error code of whatever a driver threw. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : undefined;
}

/** SQLSTATE classes and codes after which the same statement may succeed later on. */
const PASSING = /^(08|53|57P0[1-5]|57014|40001|40P01|55P03|25006)/;
const NETWORK = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
  "ENOTFOUND",
  "ENOENT",
]);
/** What the driver says without a code. */
const LOST =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Connection ended|not queryable|the database system is/i;
const TLS = /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_|CERT_|ERR_TLS|ERR_SSL|EPROTO)/;
const NO_TLS = /does not support SSL|SSL (connection is )?required|no encryption|no pg_hba\.conf entry/i;

/** Whether the server could not be reached or lost the connection: then it is not known whether a statement took effect. */
export function isUnreachable(error: unknown): boolean {
  if (isLearningError(error)) return error.code === "STORE_UNREACHABLE";
  const code = codeOf(error);
  if (code !== undefined && (NETWORK.has(code) || PASSING.test(code))) return true;
  // Several addresses were tried and none answered.
  const { errors } = error as { errors?: unknown };
  if (Array.isArray(errors) && errors.length > 0) return errors.some(isUnreachable);
  return LOST.test(messageOf(error));
}

/**
 * A driver's error as one of this package: STORE_UNREACHABLE where trying again later may help, STORE_REFUSED where
 * the server said no (password, rights, TLS), else STORE_IO.
 */
export function sqlError(action: string, cause: unknown): LearningError {
  if (isLearningError(cause)) return cause;
  const code = codeOf(cause);
  if (code === "ERR_INVALID_URL")
    return new LearningError("CONFIG_INVALID", {
      received: "a connection string that cannot be read",
      expected: "postgres://USER:PASSWORD@HOST:PORT/DATABASE",
      remedy: "Correct it; special characters of a password are encoded (%40 for @).",
      cause,
    });
  const received = `${describe(cause)}${code ? ` (${code})` : ""} on ${action}`;
  if (code !== undefined && TLS.test(code))
    return new LearningError("STORE_REFUSED", {
      received,
      expected: "a server whose certificate is trusted",
      remedy: "Give the authority's certificate in `ssl.ca` of the pool, or as sslrootcert in the connection string.",
      cause,
    });
  if (NO_TLS.test(messageOf(cause)))
    return new LearningError("STORE_REFUSED", {
      received,
      expected: "the encryption that the server offers and asks for",
      remedy: "Set sslmode in the connection string, or `ssl` of the pool, to what the server's pg_hba.conf allows.",
      cause,
    });
  if (isUnreachable(cause))
    return new LearningError("STORE_UNREACHABLE", {
      received,
      expected: "a PostgreSQL server that answers",
      remedy: "Look at its address, its state and its limit of connections; the same call may succeed later.",
      cause,
    });
  if (code !== undefined && REFUSALS[code])
    return new LearningError("STORE_REFUSED", { received, ...REFUSALS[code], cause });
  return new LearningError("STORE_IO", {
    received,
    expected: "a statement that PostgreSQL carries out",
    remedy: "See the cause; docs/stores.md names the version and the rights that are needed.",
    cause,
  });
}

const REFUSALS: Record<string, { expected: string; remedy: string }> = {
  "28P01": { expected: "the user's password", remedy: "Correct the password of the connection string." },
  "28000": { expected: "a user whom the server lets in", remedy: "Correct the user, or the server's pg_hba.conf." },
  "3D000": { expected: "a database that exists", remedy: "Create it, or correct the connection string." },
  "42501": {
    expected: "a user with the rights of its role",
    remedy: "Grant them as docs/stores.md says, or open the store once as the owner of the schema.",
  },
};

function describe(cause: unknown): string {
  const message = messageOf(cause);
  if (message) return message;
  const { errors } = cause as { errors?: unknown };
  return Array.isArray(errors) && errors.length > 0 ? messageOf(errors[0]) : "an error without a message";
}
