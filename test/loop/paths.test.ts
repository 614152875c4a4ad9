import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { afterEach, expect, it } from "vitest";
import { triageGraph } from "../support/triage.js";

const home = mkdtempSync(join(tmpdir(), "paths-"));
afterEach(() => rmSync(home, { recursive: true, force: true }));

it("each kind of record goes into the folder that is given for it", async () => {
  const at = (name: string) => join(home, "elsewhere", name);
  const loop = await CollectiveLearningLoop.open({
    storagePath: join(home, "learning"),
    traceStoragePath: at("runs"),
    feedbackStoragePath: at("words"),
    modelStoragePath: at("learned"),
  });
  await triageGraph(loop).invoke({ topic: "crash", noise: 0 }, { metadata: { workflowId: "w1" } });
  await loop.feedback.submitOutcome("w1", 1);
  await loop.setMode("triage", "shadow");
  await loop.close();
  for (const name of ["runs", "words", "learned"])
    expect([name, readdirSync(at(name), { recursive: true }).length > 0]).toEqual([name, true]);
  for (const name of ["traces", "feedback", "models"])
    expect([name, existsSync(join(home, "learning", name))]).toEqual([name, false]);
});
