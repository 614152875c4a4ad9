import { isLearningError, LearningError, messageOf, newId, oneAtATime, show } from "../../core/index.js";
import type { DocumentStore, UpdateOptions } from "../learning-store.js";
import { documentText } from "../memory-store.js";
import type { SqlLeases } from "./leases.js";
import type { Sql } from "./sql.js";

/** Documents of these names are told of by NOTIFY; its queue takes a lock of the whole server at commit, so no others are. */
export const TOLD = "registry/";

/** Somebody else was quicker this often: then something is wrong. */
const MOST_TRIES = 200;

interface Stored {
  value: string;
  version: number;
  stamp: string;
}

/** Documents in a table, changed by compare-and-set on a version. */
export function sqlDocuments(sql: Sql, channel: string, leases: Pick<SqlLeases, "check">): DocumentStore {
  const table = `${sql.schema}.documents`;
  /** Within the process one after the other: they would only push each other back. */
  const inTurn = oneAtATime();
  const read = async (key: string): Promise<Stored | undefined> => {
    const { rows } = await sql.query<Stored>(
      `reading the document ${show(key)}`,
      `SELECT value, version::float8 AS version, stamp FROM ${table} WHERE key = $1`,
      [key],
    );
    return rows[0];
  };
  const told = (key: string, written: string, text: string) =>
    key.startsWith(TOLD) ? `WITH ${written} AS (${text}) SELECT pg_notify('${channel}', '') FROM ${written}` : text;

  /** Writes unless somebody else did since; a lost answer is asked for again with the same stamp. */
  const compareAndSet = async (key: string, text: string, before: Stored | undefined): Promise<boolean> => {
    const stamp = newId();
    const statement = before
      ? `UPDATE ${table} SET value = $2, stamp = $3, version = version + 1 WHERE key = $1 AND version = $4 RETURNING 1`
      : `INSERT INTO ${table} (key, value, stamp, version) VALUES ($1, $2, $3, 1) ON CONFLICT (key) DO NOTHING RETURNING 1`;
    const values = [key, text, stamp, ...(before ? [before.version] : [])];
    const write = async () =>
      (await sql.query(`writing the document ${show(key)}`, told(key, "written", statement), values)).count > 0;
    try {
      return await write();
    } catch (error) {
      if (!isLearningError(error, "STORE_UNREACHABLE")) throw error;
      // The same statement can take effect only once. Where it finds another version, the stamp tells whose that is.
      if (await write()) return true;
      const present = await read(key);
      if (present?.stamp === stamp) return true;
      if (present?.version === before?.version) return false;
      throw ambiguous(key, error);
    }
  };

  const update = async <T>(
    key: string,
    change: (current: T | undefined) => T,
    { lease }: UpdateOptions = {},
  ): Promise<T> => {
    for (let attempt = 1; attempt <= MOST_TRIES; attempt++) {
      const before = await read(key);
      const text = documentText(key, change(before === undefined ? undefined : valueIn<T>(key, before)));
      if (lease) await leases.check(lease);
      if (await compareAndSet(key, text, before)) return JSON.parse(text) as T;
    }
    throw new LearningError("STORE_LOCKED", {
      received: `${MOST_TRIES} changes of the document ${show(key)} by others while this one was tried`,
      expected: "a document that is changed now and then",
      remedy: "Try again later.",
    });
  };

  return {
    async get<T>(key: string) {
      const stored = await read(key);
      return stored === undefined ? undefined : valueIn<T>(key, stored);
    },
    put: async (key, value) => {
      const text = documentText(key, value);
      await inTurn(
        () =>
          sql.query(
            `writing the document ${show(key)}`,
            told(
              key,
              "written",
              `INSERT INTO ${table} AS d (key, value, stamp, version) VALUES ($1, $2, $3, 1)
               ON CONFLICT (key) DO UPDATE SET value = $2, stamp = $3, version = d.version + 1 RETURNING 1`,
            ),
            [key, text, newId()],
          ),
        key,
      );
    },
    update: (key, change, options) => inTurn(() => update(key, change, options), key),
    async delete(key) {
      await inTurn(
        () =>
          sql.query(
            `deleting the document ${show(key)}`,
            told(key, "gone", `DELETE FROM ${table} WHERE key = $1 RETURNING 1`),
            [key],
          ),
        key,
      );
    },
    async keys(prefix = "") {
      const { rows } = await sql.query<{ key: string }>(
        "listing documents",
        `SELECT key FROM ${table} WHERE starts_with(key, $1)`,
        [prefix],
      );
      return rows.map((row) => row.key).sort();
    },
  };
}

function valueIn<T>(key: string, { value }: Stored): T {
  try {
    return JSON.parse(value) as T;
  } catch (cause) {
    throw new LearningError("STORE_CORRUPT", {
      received: `the document ${show(key)}, which is no JSON (${messageOf(cause)})`,
      expected: "the document as this package wrote it",
      remedy: "Restore its row from a backup, or delete the row to begin without it.",
      cause,
    });
  }
}

function ambiguous(key: string, cause: unknown): LearningError {
  return new LearningError("STORE_UNREACHABLE", {
    received: `a connection lost while the document ${show(key)} was changed, and others changed it since`,
    expected: "to know whether the change took place",
    remedy: "Read the document, and change it again where the change is missing.",
    cause,
  });
}
