import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@langchain/langgraph-sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TraceSegment } from "../../src/core/index.js";
import { joinSegments } from "../../src/dataset/index.js";
import { openFileStore } from "../../src/store/index.js";
import { type DevServer, startDevServer } from "../support/dev-server.js";
import { brief } from "./support.js";

const HERE = fileURLToPath(new URL("./dev-server/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "served-"));
let server: DevServer;
let client: Client;

beforeAll(async () => {
  server = await startDevServer(HERE, { TRACES: folder });
  client = new Client({ apiUrl: server.url });
});

afterAll(() => {
  server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function segments(): Promise<TraceSegment[]> {
  const store = await openFileStore({ traces: `${folder}/t`, feedback: `${folder}/f`, models: `${folder}/m` });
  const all: TraceSegment[] = [];
  for await (const { facts } of store.read("trace")) all.push(...facts);
  await store.close();
  return all;
}

describe("a graph served by LangGraph's development server", () => {
  it("is captured through its SDK, over an interrupt and its resumption", async () => {
    const ready = () =>
      client.assistants.search().then(
        (found) => found.length,
        () => 0,
      );
    await expect.poll(ready, { timeout: 120_000, interval: 500 }).toBe(1);
    const thread = await client.threads.create();
    const call = (payload: object) => client.runs.wait(thread.thread_id, "agent", payload);
    await call({ input: { log: [] } });
    const state = (await call({ command: { resume: "yes" } })) as { log: string[] };
    expect(state.log).toEqual(["a", "yes"]);
    await expect.poll(async () => (await segments()).length, { timeout: 120_000 }).toBe(2);
    const all = await segments();
    expect(new Set(all.map((s) => s.workflowId)).size).toBe(1);
    expect(all.map((s) => s.threadId)).toEqual([thread.thread_id, thread.thread_id]);
    expect(brief(joinSegments(all) as never)).toEqual({
      status: "success",
      nodes: ["1 a:success", "2 ask:interrupted", "2 ask:success"],
      edges: ["0 __start__>a:static", "1 a>ask:static", "2 ask>__end__:static"],
    });
  });
});
