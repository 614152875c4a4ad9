import type { IncomingMessage } from "node:http";
import type { LangSmithFeedback, LangSmithRun } from "../../src/integrations/langsmith.js";
import { type LocalServer, localServer } from "../support/http-server.js";

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

/** An example as the server keeps it. */
export interface StoredExample {
  id: string;
  dataset_id: string;
  inputs: unknown;
  outputs?: unknown;
  metadata?: Record<string, unknown>;
}

/** A server on the loopback that speaks the part of LangSmith's API that is used. */
export class LangSmithServer {
  runs: LangSmithRun[] = [];
  feedback: (LangSmithFeedback & Record<string, unknown>)[] = [];
  datasets: { id: string; name: string }[] = [];
  examples: StoredExample[] = [];
  /** Answers to give before any other, as status codes. */
  failures: number[] = [];
  readonly requests: string[] = [];
  private server: LocalServer | undefined;

  async open(): Promise<string> {
    this.server = await localServer(async (request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
      this.requests.push(`${request.method} ${pathname}`);
      const reply = (status: number, body: unknown) => {
        response.writeHead(status, {
          "content-type": "application/json",
          ...(status === 429 ? { "retry-after": "0" } : {}),
        });
        response.end(JSON.stringify(body));
      };
      if (pathname === "/info")
        return reply(200, { version: "0.16.0", instance_flags: { dataset_examples_multipart_enabled: true } });
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
      const answer = await this.datasetsAnswer(request, pathname, searchParams);
      return answer === undefined ? reply(404, { detail: pathname }) : reply(200, answer);
    });
    return this.server.url;
  }

  private async datasetsAnswer(request: IncomingMessage, path: string, params: URLSearchParams): Promise<unknown> {
    if (path === "/datasets" && request.method === "GET")
      return this.datasets.filter((d) => d.name === params.get("name"));
    if (path === "/datasets") {
      const { name } = (await bodyOf(request)) as { name: string };
      const made = { id: `00000000-0000-4000-8000-${String(this.datasets.length).padStart(12, "0")}`, name };
      this.datasets.push(made);
      return made;
    }
    const dataset = /^\/v1\/platform\/datasets\/([^/]+)\/examples$/.exec(path)?.[1];
    if (dataset !== undefined) {
      const parts = await new Response(new Uint8Array(await bytesOf(request)), {
        headers: { "content-type": request.headers["content-type"] ?? "" },
      }).formData();
      const ids: string[] = [];
      for (const [name, part] of parts) {
        const [id = "", field] = name.split(".");
        const value: unknown = JSON.parse(await (part as Blob).text());
        const known = this.examples.find((e) => e.id === id);
        if (field === undefined) {
          if (known) throw new Error(`${id} is written twice`);
          ids.push(id);
          this.examples.push({ id, dataset_id: dataset, inputs: undefined, ...(value as object) });
        } else if (known) Object.assign(known, { [field]: value });
      }
      return { count: ids.length, example_ids: ids };
    }
    if (path === "/examples") {
      const from = Number(params.get("offset") ?? 0);
      const found = this.examples.filter((e) => e.dataset_id === params.get("dataset"));
      return found.slice(from, from + Number(params.get("limit") ?? 100));
    }
    return this.examples.find((e) => path === `/examples/${e.id}`);
  }

  async close(): Promise<void> {
    await this.server?.close();
  }
}

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  return JSON.parse((await bytesOf(request)).toString() || "{}");
}
