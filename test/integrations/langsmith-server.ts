import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { LangSmithFeedback, LangSmithRun } from "../../src/integrations/langsmith.js";

interface RunQuery {
  cursor?: string;
  page_size?: number;
  trace_id?: string;
  min_start_time?: string;
  max_start_time?: string;
}

function isAskedFor({ start_time = "", ...run }: LangSmithRun, query: RunQuery): boolean {
  const { trace_id = run.trace_id, min_start_time = start_time, max_start_time = start_time } = query;
  return run.trace_id === trace_id && start_time >= min_start_time && start_time <= max_start_time;
}

/** A server on the loopback that speaks the part of LangSmith's API that is used. */
export class LangSmithServer {
  runs: LangSmithRun[] = [];
  feedback: (LangSmithFeedback & Record<string, unknown>)[] = [];
  /** Answers to give before any other, as status codes. */
  failures: number[] = [];
  readonly requests: string[] = [];
  private server: Server | undefined;

  async open(): Promise<string> {
    this.server = createServer(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
      this.requests.push(`${request.method} ${pathname}`);
      const reply = (status: number, body: unknown) => {
        response.writeHead(status, {
          "content-type": "application/json",
          ...(status === 429 ? { "retry-after": "0" } : {}),
        });
        response.end(JSON.stringify(body));
      };
      if (pathname === "/info") return reply(200, { version: "0.16.0" });
      const failure = this.failures.shift();
      if (failure !== undefined) return reply(failure, { detail: "no" });
      if (pathname === "/api/v2/runs/query") {
        const query = (await bodyOf(request)) as RunQuery;
        const runs = this.runs.filter((run) => isAskedFor(run, query));
        const from = Number(query.cursor ?? 0);
        const size = Math.min(3, query.page_size ?? 2);
        const next = from + size < runs.length ? String(from + size) : "";
        return reply(200, { items: runs.slice(from, from + size), next_cursor: next });
      }
      if (pathname === "/feedback" && request.method === "POST") {
        const entry = (await bodyOf(request)) as (typeof this.feedback)[number];
        this.feedback = [
          ...this.feedback.filter((f) => f.id !== entry.id),
          { created_at: "2026-01-02T00:00:00Z", ...entry },
        ];
        return reply(200, entry);
      }
      if (pathname === "/feedback") {
        if (Number(searchParams.get("offset") ?? 0) > 0) return reply(200, []);
        return reply(
          200,
          this.feedback.filter((f) => searchParams.getAll("run").includes(String(f.run_id))),
        );
      }
      return reply(404, { detail: pathname });
    });
    await new Promise<void>((resolve) => this.server?.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString() || "{}");
}
