import type { IncomingMessage, ServerResponse } from "node:http";
import { checkArgument } from "../../core/arguments.js";

/**
 * A web-standard handler as a listener for `http.createServer`, its HTTP/2 compatibility API, or an
 * Express route. Where a body parser ran before it, what that made of the body is handed on. A request
 * that cannot be put into a `Request` (an impossible address, TRACE) is answered with 400. Never rejects.
 * @example
 * ```ts
 * import { createServer } from "node:http";
 *
 * createServer(toNodeListener(createFeedbackHandler({ collector, secret }))).listen(8080);
 * ```
 */
export function toNodeListener(handler: (request: Request) => Promise<Response>) {
  checkArgument(handler, "handler", "function", "CONFIG_INVALID");
  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    let response: Response;
    try {
      response = await handler(requestOf(req));
    } catch {
      response = new Response("Bad request", { status: 400, headers: { "content-type": "text/plain" } });
    }
    try {
      res.writeHead(response.status, headersOf(response));
      await send(response, res);
    } catch {
      // The client is gone, or somebody else has answered: there is nobody left to tell.
      res.destroy();
    }
  };
}

/** Headers by name; cookies, of which each needs a line of its own, as a list. */
function headersOf({ headers }: Response): Record<string, string | string[]> {
  const cookies = headers.getSetCookie();
  return { ...Object.fromEntries(headers), ...(cookies.length > 0 && { "set-cookie": cookies }) };
}

/** Hands a body on piece by piece, so that a stream of events arrives while it goes on. */
async function send(response: Response, res: ServerResponse): Promise<void> {
  const reader = response.body?.getReader();
  if (!reader) {
    res.end();
    return;
  }
  const gone = () => void reader.cancel().catch(() => undefined);
  res.once("close", gone);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    res.write(value);
  }
  res.off("close", gone);
  res.end();
}

function requestOf(req: IncomingMessage): Request {
  // The pseudo-headers of HTTP/2 begin with a colon; a Request does not take them.
  const headers = new Headers(
    Object.entries(req.headers).flatMap(([name, value]) =>
      value === undefined || name.startsWith(":") ? [] : [[name, String(value)] as [string, string]],
    ),
  );
  const parsed = parsedBody(req);
  // A parser read it by its charset; what is handed on is UTF-8.
  if (typeof parsed === "string" && headers.has("content-type"))
    headers.set("content-type", (headers.get("content-type") ?? "").replace(/;\s*charset\s*=[^;]*/i, ""));
  const hasBody = req.method !== "GET" && req.method !== "HEAD";
  const request = new Request(addressOf(req), {
    method: req.method,
    headers,
    ...(hasBody && { body: parsed ?? bodyOf(req), duplex: "half" }),
  } as RequestInit);
  const address = req.socket?.remoteAddress;
  if (address !== undefined) addresses.set(request, address);
  return request;
}

const addresses = new WeakMap<Request, string>();

/** The other end of the connection that a request came by; undefined where {@link toNodeListener} did not make it. */
export function remoteAddressOf(request: Request): string | undefined {
  return addresses.get(request);
}

/** The address that was asked for; the client may have sent anything as host and path. */
function addressOf(req: IncomingMessage): string {
  const path = req.url ?? "/";
  if (/^https?:/i.test(path)) return path;
  const host = req.headers.host ?? String(req.headers[":authority"] ?? "");
  const origin = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).origin : "http://localhost";
  return `${origin}${path.startsWith("/") ? "" : "/"}${path}`;
}

/** What a body parser left of a body it has read (Express, Next's API routes), as text again. */
function parsedBody(req: IncomingMessage): string | Uint8Array | undefined {
  const { body } = req as { body?: unknown };
  if (!req.readableEnded || body === undefined) return undefined;
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  if (!/urlencoded/i.test(req.headers["content-type"] ?? "")) return JSON.stringify(body);
  return new URLSearchParams(
    Object.entries(body as object).flatMap(([name, values]) =>
      [values].flat().map((value) => [name, String(value)] as [string, string]),
    ),
  ).toString();
}

function bodyOf(req: IncomingMessage): ReadableStream<Uint8Array> {
  const parts = req[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  return new ReadableStream({
    async pull(controller) {
      const part = await parts.next();
      if (part.done) controller.close();
      else controller.enqueue(part.value);
    },
    cancel() {
      // The rest is read and dropped, so that the refusal can be answered on this connection.
      req.resume();
    },
  });
}
