import { z } from "zod";
import { LearningError, messageOf, parseOptions } from "../../core/index.js";
import { isRecord } from "../../core/is-object.js";
import { federationInvalid } from "../federated/statistics.js";
import { type FederationTransport, transportOver } from "./transport.js";

const schema = z.strictObject({
  /** Where the handler is mounted. */
  url: z.url({ protocol: /^https?$/ }),
  /** This site's secret. */
  secret: z.string().min(1),
  /** How long an answer may take, in milliseconds (default 30,000). */
  timeoutMs: z.int().min(1).default(30_000),
});
/** Options of {@link httpTransport}. */
export type HttpTransportOptions = z.input<typeof schema>;

/**
 * Reaches the sites that meet at {@link createFederationHandler}. The secret is sent to that address only: a redirection
 * is an error.
 * @throws CONFIG_INVALID, CONFIG_UNKNOWN_KEY
 * @example const transport = httpTransport({ url: "https://meeting.example/triage", secret: process.env.NORTH_SECRET ?? "" });
 */
export function httpTransport(options: HttpTransportOptions): FederationTransport {
  const { url, secret, timeoutMs } = parseOptions(schema, options, "options of httpTransport");
  const call = async (path: readonly string[], init: RequestInit): Promise<unknown> => {
    const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
    const signal = AbortSignal.timeout(timeoutMs);
    let response: Response;
    let answer: unknown;
    try {
      const at = [url.replace(/\/+$/, ""), ...path.map(encodeURIComponent)].join("/");
      response = await fetch(at, { ...init, headers, signal, redirect: "error" });
      answer = response.status === 204 ? undefined : await response.json();
    } catch (cause) {
      throw unreachable(messageOf(cause), cause);
    }
    if (response.ok) return answer;
    const said = `${response.status}: ${isRecord(answer) ? answer.message : "no reason given"}`;
    if (response.status >= 500 || response.status === 408) throw unreachable(said);
    throw federationInvalid(`the answer ${said}`, "the letter to be taken", "Correct what the answer names.");
  };
  return transportOver({
    async write(round, kind, site, text) {
      await call([round, kind, site], { method: "PUT", body: text });
    },
    async read(round, kind) {
      const letters = await call([round, kind], { method: "GET" });
      if (!Array.isArray(letters)) throw federationInvalid("an answer that is no list", "the letters of a round");
      return letters.map((letter) => JSON.stringify(letter));
    },
  });
}

const unreachable = (received: string, cause?: unknown) =>
  new LearningError("STORE_UNREACHABLE", {
    received,
    expected: "an answer of the meeting place",
    remedy: "Check its address, and try again later: what was sent before is kept.",
    cause,
  });
