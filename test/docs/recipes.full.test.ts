import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TraceSegment } from "../../src/core/index.js";
import { openFileStore } from "../../src/store/index.js";
import { type DevServer, startDevServer } from "../support/dev-server.js";
import { runScript } from "../support/run-script.js";

const recipes = fileURLToPath(new URL("../../examples/recipes/", import.meta.url));
const learning = mkdtempSync(join(tmpdir(), "recipes-"));
let server: DevServer;

beforeAll(async () => {
  server = await startDevServer(join(recipes, "langgraph-dev"), { LEARNING_DIR: learning });
});
afterAll(() => {
  server.stop();
  rmSync(learning, { recursive: true, force: true });
});

async function served(): Promise<TraceSegment[]> {
  const [traces, feedback, models] = ["traces", "feedback", "models"].map((f) => join(learning, f)) as [
    string,
    string,
    string,
  ];
  const store = await openFileStore({ traces, feedback, models });
  const all: TraceSegment[] = [];
  for await (const { facts } of store.read("trace")) all.push(...facts);
  await store.close();
  return all;
}

describe("a graph that `langgraph dev` serves", () => {
  it("answers RemoteGraph: its interrupt pauses the run here, and the id names the run on both sides", async () => {
    const isUp = () =>
      fetch(`${server.url}/ok`).then(
        (r) => r.status,
        () => 0,
      );
    await expect.poll(isUp, { timeout: 600_000, interval: 500 }).toBe(200);
    const env = { LANGGRAPH_URL: server.url, WORKFLOW_ID: "from-here" };
    const { out, err, code } = await runScript(`${recipes}remote-graph.ts`, [], env);
    expect([err, code]).toEqual(["", 0]);
    expect(out).toMatch(/asked: \{"reply":"[^"]+"\}\nreply: (Your invoice is right|Restart it)\./);
    expect(out).toContain("here: support success, person interrupted, person success, support success");
    await expect.poll(async () => (await served()).length, { timeout: 600_000, interval: 500 }).toBe(2);
    const segments = await served();
    expect(segments.map((s) => [s.workflowId, s.status, s.resumed])).toEqual([
      ["from-here", "interrupted", false],
      ["from-here", "success", true],
    ]);
  });
});
