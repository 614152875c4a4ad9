import { z } from "zod";
import { checkArgument } from "../core/arguments.js";
import { within } from "../core/deadline.js";
import { type Clock, isLearningError, LearningError, messageOf, parseOptions } from "../core/index.js";
import { bodyWithin } from "../core/requests.js";
import type { CollectiveLearningLoop } from "../loop/index.js";
import { Refusal } from "./data/errors.js";
import type { Source } from "./data/source.js";
import { Access, accessOptionsSchema } from "./web/access.js";
import { Live } from "./web/live.js";
import { pagePolicy, renderPage } from "./web/page.js";
import { type RouteCall, routes } from "./web/routes.js";

const PATH = "a path such as /learning";
const dashboardOptionsSchema = accessOptionsSchema.extend({
  /** Where it is mounted, such as `/learning` (default the root). */
  path: z
    .string(PATH)
    .regex(/^(\/[\w.~-]+)*\/?$/, PATH)
    .default(""),
  /** Largest body taken in, in bytes (default 65,536). */
  maxBodyBytes: z.number("a number of bytes").default(65_536),
});
/** Options of {@link createDashboard}. */
export type DashboardOptions = z.input<typeof dashboardOptionsSchema>;

/** The dashboard as a web-standard handler. */
export interface Dashboard {
  /** Answers the page and its data. Never throws. */
  (request: Request): Promise<Response>;
  /** Opens the page as `?token=`; of no use where `identify` decides. */
  readonly token: string;
}

const HEADERS = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};
const NO_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'";

/**
 * A page over the loop's store: what serves and why, runs, the graph, policies, prompts, patterns, the
 * reward model, the reviewer's inbox. Mount it in Hono, Next or any fetch-style server, or in Node's own
 * and Express through `toNodeListener`.
 *
 * Without `identify`, whoever has the token may do everything and is named "local" in the history.
 * @throws CONFIG_INVALID for a token that is too short, or a path that is none
 * @example
 * ```ts
 * const dashboard = createDashboard(loop, { path: "/learning", identify: (request) => userOf(request) });
 * app.all("/learning/*", (c) => dashboard(c.req.raw));
 * ```
 */
export function createDashboard(loop: CollectiveLearningLoop, options: DashboardOptions = {}): Dashboard {
  checkArgument(loop, "loop", { inspect: "object", registry: "object" }, "CONFIG_INVALID");
  const settings = parseOptions(dashboardOptionsSchema, options, "options of createDashboard");
  const { path, token, maxBodyBytes } = settings;
  // A schema would tell what it was given, and this is a secret.
  if (token.length < 16)
    throw new LearningError("CONFIG_INVALID", {
      received: `a token of ${token.length} characters`,
      expected: "at least 16 characters that nobody guesses",
      remedy: "Correct the dashboard's options.",
    });
  const base = path.endsWith("/") ? path : `${path}/`;
  const access = new Access(settings);
  const source: Source = { loop };
  const live = new Live(source);
  const table = routes();

  const answer = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    if (`${url.pathname}/` === base) return redirect(base + url.search);
    if (!url.pathname.startsWith(base)) throw new Refusal(404, "There is nothing here.");
    const rest = url.pathname.slice(base.length);
    if (rest === "") return page(request, url);
    const name = /^api\/([a-z]+)$/.exec(rest)?.[1];
    const person = await access.person(request, url);
    if ((name === "me" || name === "events") && request.method !== "GET") throw new Refusal(405, "Use GET.");
    if (name === "me") return json({ ...person, csrf: access.csrf(person) });
    if (name === "events") return live.stream();
    const route = name !== undefined && Object.hasOwn(table, name) ? table[name] : undefined;
    if (!route) throw new Refusal(404, "There is nothing here.");
    const call: RouteCall = { source, person, params: url.searchParams, body: {} };
    if (route.right === "read") {
      if (request.method !== "GET" && request.method !== "HEAD") throw new Refusal(405, "Use GET.");
    } else {
      if (request.method !== "POST") throw new Refusal(405, "Use POST.");
      access.checkChange(request, url, person, route.right);
      call.body = await bodyOf(request, maxBodyBytes, loop.inspect.clock);
    }
    await stored(loop);
    return json((await route.run(call)) ?? { done: true });
  };

  const page = async (request: Request, url: URL): Promise<Response> => {
    if (request.method !== "GET" && request.method !== "HEAD") throw new Refusal(405, "Use GET.");
    const cookie = access.cookieFor(url, base);
    // The token leaves the address, so that it is in no history and no screenshot.
    if (cookie !== undefined) return redirect(base, { "set-cookie": cookie });
    await access.person(request, url);
    return new Response(await renderPage(base), {
      headers: {
        ...HEADERS,
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": await pagePolicy(),
      },
    });
  };

  const handle = async (request: Request): Promise<Response> => {
    try {
      return await answer(request);
    } catch (error) {
      return refused(error, loop);
    }
  };
  return Object.assign(handle, { token: access.token });
}

/** How long an answer waits for what this process has captured to be stored. */
const STORED_WITHIN_MS = 200;

/** What ran here a moment ago is shown as well; a store that hangs holds no page up. */
async function stored(loop: CollectiveLearningLoop): Promise<void> {
  const { clock, logger } = loop.inspect;
  const flushed = loop
    .flush()
    .catch((error) => logger.debug("the dashboard shows what is stored", { error: messageOf(error) }));
  await within(flushed, STORED_WITHIN_MS, clock);
}

function json(value: unknown, status = 200): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { ...HEADERS, "content-type": "application/json", "content-security-policy": NO_CONTENT_POLICY },
  });
}

function redirect(location: string, headers: Record<string, string> = {}): Response {
  return new Response(null, { status: 303, headers: { ...HEADERS, ...headers, location } });
}

/** Errors of this package are the caller's to read; any other is told in the log alone. */
function refused(error: unknown, loop: CollectiveLearningLoop): Response {
  if (error instanceof Refusal) return json({ error: error.message }, error.status);
  if (isLearningError(error)) {
    const status = error.code === "RUN_UNKNOWN" ? 404 : 422;
    return json({ error: error.message, code: error.code }, status);
  }
  loop.inspect.logger.error("the dashboard failed", { error: messageOf(error) });
  return json({ error: "This failed; the log says why." }, 500);
}

/** How long a body may take to arrive. */
const BODY_WITHIN_MS = 10_000;

async function bodyOf(request: Request, most: number, clock: Clock): Promise<Record<string, unknown>> {
  const given = await bodyWithin(request, { bytes: most, timeoutMs: BODY_WITHIN_MS, clock });
  if (given === "too large") throw new Refusal(413, `At most ${most} bytes are taken.`);
  if (given === "too slow") throw new Refusal(408, "The body came too slowly.");
  if (given === "cut off") throw new Refusal(400, "The body was cut off.");
  let body: unknown;
  try {
    body = JSON.parse(given.toString("utf8"));
  } catch {
    throw new Refusal(400, "This is no JSON.");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new Refusal(400, "Send a JSON object.");
  return body as Record<string, unknown>;
}
