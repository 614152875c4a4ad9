import { z } from "zod";
import { LearningError, messageOf, parseOptions, show } from "../../core/index.js";
import { isRecord } from "../../core/is-object.js";
import { federationInvalid } from "../federated/statistics.js";
import { type FederationTransport, transportOver } from "./transport.js";

const schema = z.strictObject({
  /** Where the handler is mounted. */
  url: z.url({ protocol: /^https?$/ }),
  /** This site's secret. */
  secret: z.string().min(1),
  /** How long an answer may take, in milliseconds (default 30,000; at most what a timer can wait, 24.8 days). */
  timeoutMs: z
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .default(30_000),
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
    let text: string;
    try {
      const at = new URL(url);
      at.pathname = [at.pathname.replace(/\/+$/, ""), ...path.map(encodeURIComponent)].join("/");
      response = await fetch(at, { ...init, headers, signal, redirect: "error" });
      text = await response.text();
    } catch (cause) {
      throw unreachable(messageOf(cause), cause);
    }
    const answer = jsonIn(text);
    if (response.ok && (answer !== undefined || response.status === 204)) return answer;
    const said = `${response.status}: ${isRecord(answer) ? answer.message : show(text.slice(0, 200))}`;
    if (response.status >= 500 || response.status === 408) throw unreachable(said);
    throw federationInvalid(
      `the answer ${said}`,
      "the letter to be taken",
      "Correct what the answer names, or the address.",
    );
  };
  return transportOver({
    async write(round, kind, site, text) {
      await call([round, kind, site], { method: "PUT", body: text });
    },
    async read(round, kind) {
      const letters = await call([round, kind], { method: "GET" });
      if (!Array.isArray(letters)) throw federationInvalid("an answer that is no list", "the letters of a round");
      return letters.map((letter) => ({ text: JSON.stringify(letter) }));
    },
  });
}

/** What a text says as JSON; undefined where it is none: the page of a proxy, or of another server. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const unreachable = (received: string, cause?: unknown) =>
  new LearningError("STORE_UNREACHABLE", {
    received,
    expected: "an answer of the meeting place",
    remedy: "Check its address, and try again later: what was sent before is kept.",
    cause,
  });
