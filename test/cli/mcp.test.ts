import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { CollectiveLearningLoop, createMemoryStore } from "langgraph-collective-learning";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMcpServer } from "../../src/cli/mcp/server.js";
import { aSegment } from "../patterns/support/traces.js";
import { aDecision } from "../support/facts.js";

let folder: string;
let loop: CollectiveLearningLoop;
let client: Client;

async function connect(options: { allowChanges?: boolean } = {}): Promise<void> {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const server = await createMcpServer(loop as never, options);
  client = new Client({ name: "test", version: "1" });
  await Promise.all([server.connect(ours), client.connect(theirs)]);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "mcp-"));
  const store = createMemoryStore();
  await store.append("trace", [aSegment("w1", ["triage", "billing"])]);
  await store.append("decision", [aDecision({ decisionId: "d1", workflowId: "w1" })]);
  loop = await CollectiveLearningLoop.open({ storagePath: folder, store });
});
afterEach(async () => {
  await client.close();
  await loop.close();
  rmSync(folder, { recursive: true, force: true });
});

const call = async (name: string, args: Record<string, unknown> = {}) => {
  const { content, isError = false } = await client.callTool({ name, arguments: args });
  const [{ text = "" } = {}] = content as { text?: string }[];
  return { isError, text, json: () => JSON.parse(text) as Record<string, unknown> };
};

describe("the MCP server", () => {
  it("lists what can be read, and what changes something only where that is allowed", async () => {
    await connect();
    const names = (await client.listTools()).tools.map((t) => t.name);
    expect(names).toContain("learning_status");
    expect(names).not.toContain("promote");
    await client.close();
    await connect({ allowChanges: true });
    const tools = (await client.listTools()).tools;
    expect(tools.find((t) => t.name === "roll_back")?.annotations?.destructiveHint).toBe(true);
    expect(tools.find((t) => t.name === "get_run")?.annotations?.readOnlyHint).toBe(true);
  });

  it("shows a run, and takes a judgement of it as an evaluator's", async () => {
    await connect();
    expect((await call("learning_status")).json()).toMatchObject({ isLearning: false, decisionPoints: [] });
    const judged = await call("submit_feedback", { workflowId: "w1", userId: "agent", catScore: 8, comment: "fine" });
    expect(judged.isError).toBe(false);
    const run = (await call("get_run", { workflowId: "w1" })).json();
    expect(run).toMatchObject({
      trace: { nodes: [{ name: "triage" }, { name: "billing" }] },
      decisions: [{ decisionId: "d1", chosen: "x" }],
      feedback: [{ source: "evaluator", cat: { score: 8 }, comment: "fine" }],
    });
  });

  it("answers mistakes with their code, and serves on", async () => {
    await connect();
    const wrong = await call("submit_feedback", { workflowId: "w1", userId: "agent", catScore: 42 });
    expect([wrong.isError, wrong.text.length > 0]).toEqual([true, true]);
    const unknown = await call("advise", { state: {}, decisionPoint: "nowhere" });
    expect([unknown.isError, unknown.text]).toEqual([true, expect.stringContaining("CONFIG_INVALID")]);
    expect((await call("learning_status")).isError).toBe(false);
  });
});
