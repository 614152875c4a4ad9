import { z } from "zod";
import {
  type Clock,
  isLearningError,
  LearningError,
  type Logger,
  messageOf,
  parseOptions,
  show,
  systemClock,
} from "../../core/index.js";
import { isRecord } from "../../core/is-object.js";
import { bearerOf, bodyWithin, isSecret } from "../../core/requests.js";
import { checkName, isLetterKind, type LetterKind, readLetter } from "./letters.js";
import type { FederationTransport } from "./transport.js";

const LEAST_SECRET = 16;

const schema = z.strictObject({
  /** Where letters are kept: a folder or a store of this host. */
  transport: z.custom<FederationTransport>(
    (v) => isRecord(v) && typeof v.send === "function" && typeof v.receive === "function",
    "a FederationTransport",
  ),
  /** Each site's secret, at least 16 characters that are random. A site writes under its own name only; all of them read. */
  secrets: z.record(z.string(), z.string()),
  /** Largest letter, in bytes (default 32 MiB). */
  maxBytes: z
    .int()
    .min(1)
    .default(32 * 2 ** 20),
  /** How long a letter may take to arrive, in milliseconds (default 30,000). */
  bodyTimeoutMs: z.number().gt(0).default(30_000),
  clock: z.custom<Clock>().optional(),
  logger: z.custom<Logger>().optional(),
});
/** Options of {@link createFederationHandler}. */
export type FederationHandlerOptions = z.input<typeof schema>;

const refused = (status: number, message: string) => Response.json({ message }, { status });

function checkSecrets(secrets: Readonly<Record<string, string>>): void {
  const remedy = "Draw a random secret for each site.";
  const sites = new Map<string, string>();
  for (const [site, secret] of Object.entries(secrets)) {
    checkName("site", site);
    const { length } = secret;
    if (length < LEAST_SECRET)
      throw new LearningError("CONFIG_INVALID", {
        received: `a secret of ${length} characters for ${show(site)}`,
        expected: `at least ${LEAST_SECRET}`,
        remedy,
      });
    const other = sites.get(secret);
    if (other !== undefined)
      throw new LearningError("CONFIG_INVALID", {
        received: `one secret for ${show(other)} and ${show(site)}`,
        expected: "a secret of its own for each site: it tells who sends",
        remedy,
      });
    sites.set(secret, site);
  }
}

/**
 * The meeting place of sites that reach each other by HTTP: `PUT .../ROUND/KIND/SITE` leaves a letter,
 * `GET .../ROUND/KIND` hands out those that are there, both with `authorization: Bearer SECRET`. Mount it behind TLS;
 * {@link httpTransport} is its other end.
 * @throws CONFIG_INVALID, CONFIG_UNKNOWN_KEY; FEDERATION_INVALID for a site's name that no letter may have
 * @example
 * ```ts
 * const handle = createFederationHandler({
 *   transport: storeTransport(store.documents),
 *   secrets: { north: process.env.NORTH_SECRET ?? "", south: process.env.SOUTH_SECRET ?? "" },
 * });
 * ```
 */
export function createFederationHandler(options: FederationHandlerOptions): (request: Request) => Promise<Response> {
  const settings = parseOptions(schema, options, "options of createFederationHandler");
  checkSecrets(settings.secrets);
  const { transport, maxBytes, bodyTimeoutMs, clock = systemClock, logger } = settings;
  // Every secret is compared, so that the time taken tells nothing of whose it was.
  const siteOf = (request: Request): string | undefined => {
    const given = bearerOf(request) ?? "";
    return Object.entries(settings.secrets).filter(([, secret]) => isSecret(given, secret))[0]?.[0];
  };

  const take = async (request: Request, round: string, kind: LetterKind, site: string): Promise<Response> => {
    const limits = { bytes: maxBytes, timeoutMs: bodyTimeoutMs, clock };
    const body = await bodyWithin(request, limits);
    if (body === "too large") return refused(413, `more than ${maxBytes} bytes`);
    if (body === "too slow") return refused(408, `the letter took longer than ${bodyTimeoutMs} ms`);
    if (body === "cut off") return refused(400, "the letter was cut off");
    const letter = readLetter(kind, body.toString("utf8"));
    if (letter.site !== site) return refused(403, "a site sends under its own name");
    await transport.send(round, kind, letter);
    return new Response(null, { status: 204 });
  };

  const answer = async (request: Request): Promise<Response> => {
    const sender = siteOf(request);
    if (sender === undefined) return refused(401, "a site's secret is asked for");
    const parts = new URL(request.url).pathname.split("/").map(decodeURIComponent);
    if (request.method === "PUT") {
      const [round = "", kind = "", site = ""] = parts.slice(-3);
      if (!isLetterKind(kind)) return refused(404, "PUT to ROUND/KIND/SITE");
      return site === sender ? take(request, round, kind, site) : refused(403, "a site sends under its own name");
    }
    if (request.method !== "GET") return refused(405, "PUT or GET");
    const [round = "", kind = ""] = parts.slice(-2);
    return isLetterKind(kind) ? Response.json(await transport.receive(round, kind)) : refused(404, "GET ROUND/KIND");
  };

  return async (request) => {
    try {
      return await answer(request);
    } catch (error) {
      if (isLearningError(error, "FEDERATION_INVALID") || error instanceof URIError)
        return refused(400, messageOf(error));
      logger?.error("a federation request failed", { reason: messageOf(error) });
      return refused(503, "the letters could not be reached");
    }
  };
}
