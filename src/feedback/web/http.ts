import { createHash } from "node:crypto";
import { defaultLogger, harmlessLogger, isLearningError, messageOf, systemClock } from "../../core/index.js";
import { type BodyLimits, bearerOf, bodyWithin } from "../../core/requests.js";
import { alreadyUsed } from "../collect/targets.js";
import type { FeedbackInput } from "../collect/user-feedback.js";
import { FORM_STYLE, renderForm, renderMessage } from "./form.js";
import { type FeedbackHandlerOptions, feedbackHandlerSettings } from "./handler-options.js";
import { RateLimit } from "./rate-limit.js";
import { FeedbackTokens } from "./tokens.js";

export type { FeedbackHandlerOptions, RateLimitOptions } from "./handler-options.js";
export { toNodeListener } from "./node-listener.js";

/** The handler, and the tokens that open it. */
export interface FeedbackHandler {
  /** GET (and HEAD) shows the form, POST takes it or JSON, OPTIONS names these. Never throws. */
  (request: Request): Promise<Response>;
  /** A token for one run and one person, to be appended to the handler's address as `?token=`. */
  token(workflowId: string, userId: string, validForMs?: number): string;
}

const METHODS = { allow: "GET, HEAD, POST, OPTIONS" };
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash("sha256").update(FORM_STYLE).digest("base64")}'`,
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join("; ");

class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    /** Seconds. */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}

/**
 * A web-standard handler for a feedback form, to be mounted in Hono, Next or any fetch-style server
 * (Node's own and Express through {@link toNodeListener}). Every request needs a signed token that
 * names one run and one person, expires, and is good for one submission. JSON bodies hold the fields
 * of a feedback input besides run (with its thread and type), person, `outcome`, which would be the reward itself, and
 * `preference`, which would judge another run: `{ "cat": { "score": 9 }, "ratings": {...} }`. A `decisionId` must be of
 * the run, and `at` lie between the run and now.
 * @throws CONFIG_INVALID for a secret that is short or can be guessed
 * @example
 * ```ts
 * const handle = createFeedbackHandler({ collector, secret });
 * const link = `https://desk.example/feedback?token=${handle.token("run-7", "alice")}`;
 * const response = await handle(request);
 * ```
 */
export function createFeedbackHandler(options: FeedbackHandlerOptions): FeedbackHandler {
  const settings = feedbackHandlerSettings(options);
  const { collector, form, judged, linkValidForMs, maxBodyBytes, bodyTimeoutMs, rateLimit } = settings;
  const clock = options.clock ?? systemClock;
  const logger = options.logger ? harmlessLogger(options.logger) : defaultLogger();
  const tokens = new FeedbackTokens(options.secret, clock);
  const limit = new RateLimit(clock);
  const admit = (key: string | undefined, perMinute: number) => {
    if (key === undefined) return;
    const wait = limit.take(key, perMinute);
    if (wait !== undefined) throw new Refusal(429, "Too many requests; try again later.", wait);
  };
  /** What a token allows, as long as it is not used too often. */
  const grantOf = (token: string) => {
    const grant = tokens.verify(token);
    if (rateLimit) admit(`token/${grant.nonce}`, rateLimit.perToken);
    return grant;
  };

  /** The run as the host shows it; where that fails it can be judged all the same. */
  const judgedOf = async (workflowId: string) => {
    try {
      return await judged?.(workflowId);
    } catch (error) {
      logger.error("the run above a feedback form cannot be shown", { workflowId, message: messageOf(error) });
      return undefined;
    }
  };

  const handle = async (request: Request): Promise<Response> => {
    let wantsJson = true;
    try {
      const url = new URL(request.url);
      wantsJson = !/html|form-urlencoded/i.test(
        `${request.headers.get("accept")} ${request.headers.get("content-type")}`,
      );
      if (rateLimit) {
        const from = rateLimit.address(request);
        admit(from && `address/${from}`, rateLimit.perAddress);
      }
      if (request.method === "OPTIONS") return new Response(null, { status: 204, headers: METHODS });
      if (request.method === "GET" || request.method === "HEAD") {
        const token = url.searchParams.get("token") ?? "";
        const grant = grantOf(token);
        if (await collector.wasSubmitted(grant.workflowId, grant.userId, grant.nonce)) throw alreadyUsed();
        return html(200, renderForm(token, form, await judgedOf(grant.workflowId)));
      }
      if (request.method !== "POST") throw new Refusal(405, "Use GET or POST.");
      const { token, input } = await readSubmission(request, url, (r) =>
        readBody(r, { bytes: maxBodyBytes, timeoutMs: bodyTimeoutMs, clock }),
      );
      const grant = grantOf(token);
      const { workflowId, userId, nonce, issuedAt } = grant;
      const submission = { ...input, workflowId, userId, idempotencyKey: nonce, source: "human" as const };
      const record = await collector.submitOnce(submission, issuedAt);
      if (wantsJson) return json(201, { feedbackId: record.feedbackId });
      return html(201, renderMessage("Thank you", "Your feedback was stored.", form));
    } catch (error) {
      const { status, message, retryAfter } = outcomeOf(error);
      if (status === 500) logger.error("feedback handler failed", { message: messageOf(error) });
      const response = wantsJson
        ? json(status, { error: message })
        : html(status, renderMessage("Not stored", message, form, "alert"));
      if (status === 405) response.headers.set("allow", METHODS.allow);
      if (retryAfter !== undefined) response.headers.set("retry-after", String(retryAfter));
      return response;
    }
  };
  return Object.assign(handle, {
    token: (workflowId: string, userId: string, validForMs = linkValidForMs) =>
      tokens.sign(workflowId, userId, validForMs),
  });
}

async function readSubmission(
  request: Request,
  url: URL,
  textOf: (request: Request) => Promise<string>,
): Promise<{ token: string; input: Omit<FeedbackInput, "workflowId" | "userId"> }> {
  if (request.bodyUsed) throw new Refusal(500, "The body was read before it came here: mount the handler first.");
  const given = request.headers.get("content-type") ?? "";
  const type = given.split(";")[0]?.trim().toLowerCase();
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(given)?.[1] ?? "utf-8";
  if (!/^(utf-?8|us-ascii)$/i.test(charset)) throw new Refusal(415, "Send the text as UTF-8.");
  const text = await textOf(request);
  if (type === "application/json") {
    const body = parseObject(text);
    const { token = bearerOf(request) ?? url.searchParams.get("token") ?? "", ...fields } = body;
    // The run's thread and type are the run's, not the rater's, also while nothing of it is stored; who was drawn to be
    // judged is known to the evaluator that drew.
    const { threadId: _, workflowType: __, sampled: ___, ...input } = fields;
    if ("outcome" in input) throw new Refusal(400, "An outcome is measured, not judged: a link cannot give it.");
    if ("preference" in input) throw new Refusal(400, "A link judges its own run: it cannot compare it with another.");
    return { token: typeof token === "string" ? token : "", input };
  }
  if (type !== "application/x-www-form-urlencoded")
    throw new Refusal(415, "Send application/json or a submitted form.");
  const fields = new URLSearchParams(text);
  const dimensions: Record<string, number> = {};
  for (const [name, value] of fields)
    if (name.startsWith("dimension:") && value !== "") dimensions[name.slice("dimension:".length)] = Number(value);
  // A slider always has a value: who does not mean it says so.
  const score = fields.get("unscored") ? null : fields.get("score");
  if (!score && Object.keys(dimensions).length > 0) throw new Refusal(400, "Ratings in detail need an overall score.");
  const comment = fields.get("comment");
  return {
    token: fields.get("token") ?? url.searchParams.get("token") ?? "",
    input: {
      ...(score && { cat: { score: Number(score), dimensions } }),
      ...(comment && { comment }),
    },
  };
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  } catch {
    // Told below, like any other body that is not an object.
  }
  throw new Refusal(400, "The body is not a JSON object.");
}

/** The body within its limits, as text. */
async function readBody(request: Request, limits: BodyLimits): Promise<string> {
  const body = await bodyWithin(request, limits);
  if (body === "too large") throw new Refusal(413, `The body is larger than ${limits.bytes} bytes.`);
  if (body === "too slow") throw new Refusal(408, `The body took longer than ${limits.timeoutMs} ms.`);
  if (body === "cut off") throw new Refusal(400, "The body was cut off.");
  try {
    // Without what some programs set before a text: the mark of its byte order.
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new Refusal(400, "The body is not UTF-8.");
  }
}

function outcomeOf(error: unknown): { status: number; message: string; retryAfter?: number } {
  if (error instanceof Refusal) return { status: error.status, message: error.message, retryAfter: error.retryAfter };
  if (isLearningError(error, "FEEDBACK_REFUSED"))
    return {
      status: /expired/.test(error.received) ? 410 : /already used/.test(error.received) ? 409 : 401,
      message: `Received ${error.received}. ${error.remedy}`,
    };
  if (isLearningError(error, "FEEDBACK_INVALID")) return { status: 400, message: error.message };
  if (isLearningError(error, "FEEDBACK_UNKNOWN_RUN")) return { status: 404, message: error.message };
  return { status: 500, message: "The feedback could not be stored; try again later." };
}

function json(status: number, body: unknown): Response {
  return new Response(JSON.stringify(body), { status, headers: headers("application/json") });
}

function html(status: number, body: string): Response {
  return new Response(body, { status, headers: headers("text/html; charset=utf-8") });
}

function headers(type: string): Record<string, string> {
  return {
    "content-type": type,
    "cache-control": "no-store",
    "content-security-policy": POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  };
}
