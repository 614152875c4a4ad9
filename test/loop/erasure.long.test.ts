import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, type LoopConfig } from "langgraph-collective-learning";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const State = new StateSchema({ topic: z.string(), text: z.string(), team: z.string().optional() });
const TEAMS = ["billing", "tech"] as const;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

function office(loop: CollectiveLearningLoop) {
  const router = loop.router({
    decisionPoint: "triage",
    destinations: [...TEAMS],
    context: (state: { topic: string; text: string }) => ({ topic: state.topic, text: state.text }),
    fallback: () => "billing",
    exploration: 0.5,
  });
  const graph = new StateGraph(State)
    .addNode("triage", () => ({}))
    .addNode("billing", () => ({ team: "billing" }))
    .addNode("tech", () => ({ team: "tech" }))
    .addEdge(START, "triage")
    .addConditionalEdges("triage", router, [...TEAMS])
    .addEdge("billing", END)
    .addEdge("tech", END)
    .compile();
  return loop.wrap(graph, { workflowType: "office" });
}

/** What of these words stands in any file under a folder, or in a file's name. */
function found(folder: string, words: readonly string[]): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.flatMap((file) => {
    const text = readFileSync(join(file.parentPath, file.name)).toString("latin1") + decodeURIComponent(file.name);
    return words.filter((word) => text.includes(word)).map((word) => `${word} in ${file.name}`);
  });
}

const WORDS = ["victim-7731", "vrun-", "vthread", "zebrafish", "victimcomment", "VICTOPIC"];

/** A loop that learned from 40 runs, of which every fourth was a person's, with words of their own. */
async function learned(config: LoopConfig) {
  const storagePath = mkdtempSync(join(tmpdir(), "erasure-"));
  const loop = await CollectiveLearningLoop.open({ storagePath, logger: quiet, ...config });
  const graph = office(loop);
  const template = (text: string) => ChatPromptTemplate.fromMessages([["system", text]]);
  const variants = [
    await loop.prompts.register("answer", template("Answer.")),
    await loop.prompts.register("answer", template("Answer with an example.")),
  ];
  await loop.prompts.startExperiment({ promptId: "answer", variants, sticky: "user" });
  for (let i = 0; i < 40; i++) {
    const isVictim = i % 4 === 0;
    const workflowId = isVictim ? `vrun-${i}` : `w${i}`;
    const userId = isVictim ? "victim-7731" : `user${i % 5}`;
    const topic = isVictim ? "VICTOPIC" : i % 2 ? "crash" : "invoice";
    await loop.prompts.get("answer", { userId }, { metadata: { workflowId, userId } });
    const { team } = await graph.invoke(
      { topic, text: isVictim ? `my zebrafish${i % 2}` : `hello ${i % 13}` },
      { metadata: { workflowId, userId }, configurable: { thread_id: isVictim ? "vthread" : `t${i}` } },
    );
    const comment = isVictim ? "victimcomment" : "fine";
    await loop.feedback.submitFeedback({ workflowId, userId, cat: { score: team === "tech" ? 9 : 2 }, comment });
    if (i % 20 === 0) await loop.feedback.requestFeedback(workflowId, userId);
  }
  await loop.triggerLearningCycle();
  const policy = { vocabulary: ["zebrafish0", "hello"] };
  const { version } = await loop.registry.publish("policy/other", "routing-policy", policy, { rows: 40 });
  await loop.registry.promote("policy/other", version, "by hand");
  await loop.exportLearningData("before");
  return { loop, storagePath };
}

describe("an erasure", () => {
  it.each<[string, LoopConfig]>([
    ["with all state captured", { capture: { captureState: "full" } }],
    ["of runs whose traces were left out by sampling", { capture: { sampleRate: 0.1 } }],
  ])("with learned artifacts refitted leaves no byte of a person on disk, %s", async (_, config) => {
    const { loop, storagePath } = await learned(config);
    expect(found(storagePath, WORDS).length).toBeGreaterThan(5);
    const { decision, feedback, mayRemain } = await loop.erase({ userId: "victim-7731" }, { learned: "refit" });
    expect({ decision, feedback, mayRemain }).toEqual({ decision: 20, feedback: 10, mayRemain: [] });
    expect(found(storagePath, WORDS)).toEqual([]);
    expect(await loop.getDecisions("vrun-4")).toEqual([]);
    expect(await loop.getDecisions("w5")).toHaveLength(2);
    // What is learned anew is never taken for what was there before.
    expect(loop.registry.champion("policy/other")).toBeUndefined();
    expect((await loop.registry.publish("policy/other", "routing-policy", {}, { rows: 1 })).version).toBe("v2");
    expect(loop.registry.versions("patterns").map((v) => v.version)).toEqual(["v2"]);
    await loop.triggerLearningCycle();
    await loop.close();
    expect(found(storagePath, WORDS)).toEqual([]);
  });

  it("reaches what older decisions taught where all is learned anew, and names it where not", async () => {
    const { loop, storagePath } = await learned({});
    const { documents, blobs } = loop.inspect.store;
    await documents.put("statistics/triage", {
      large: 1,
      current: "statistics/triage/1",
      blobs: ["statistics/triage/1"],
    });
    await blobs.write("statistics/triage/1", JSON.stringify({ vocabulary: ["zebrafish0"] }));
    const { mayRemain } = await loop.erase({ userId: "victim-7731" });
    expect(mayRemain).toContain("what older decisions of triage taught, before the erasure");
    await loop.erase({ userId: "victim-7731" }, { learned: "refit" });
    expect(await documents.keys("statistics/")).toEqual([]);
    await loop.close();
    expect(found(storagePath, WORDS)).toEqual([]);
  });

  it("goes on where no folder of exports stands", async () => {
    const storagePath = mkdtempSync(join(tmpdir(), "erasure-"));
    writeFileSync(join(storagePath, "learning_exports"), "");
    const loop = await CollectiveLearningLoop.open({ storagePath });
    for (const learned of ["keep", "refit"] as const)
      expect(await loop.erase({ userId: "nobody" }, { learned })).toMatchObject({ trace: 0, mayRemain: [] });
    await loop.close();
  });

  it("that keeps what was learned says what may still hold the person's words", async () => {
    const { loop, storagePath } = await learned({});
    const { mayRemain } = await loop.erase({ userId: "victim-7731" });
    expect(mayRemain).toContain(`the export ${join(storagePath, "learning_exports", "before")}`);
    expect(mayRemain).toContain("every version of patterns, learned before the erasure");
    for (const folder of ["traces", "feedback", join("models", "documents")])
      expect(found(join(storagePath, folder), WORDS)).toEqual([]);
    await expect(loop.erase({ userId: "x" }, { learned: "all" as never })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
    });
    await loop.close();
  });
});
