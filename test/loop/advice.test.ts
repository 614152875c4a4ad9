import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Team, triageGraph } from "../support/triage.js";

const storagePath = mkdtempSync(join(tmpdir(), "advice-"));
let loop: CollectiveLearningLoop;
beforeAll(async () => {
  loop = await CollectiveLearningLoop.open({ storagePath, clock: new ManualClock() });
});
afterAll(async () => {
  await loop.close();
  rmSync(storagePath, { recursive: true, force: true });
});
const state = { topic: "crash", noise: 0.5 };

describe("optimizeOrchestratorDecision", () => {
  it("asks anew after a question that failed, and remembers the answer to one that did not", async () => {
    let broken = true;
    triageGraph(loop, {
      fallback: (): Team => {
        if (broken) throw new Error("no team today");
        return "billing";
      },
    });
    await expect(loop.optimizeOrchestratorDecision(state)).rejects.toThrow("no team today");
    broken = false;
    const answer = await loop.optimizeOrchestratorDecision(state);
    expect(answer).toMatchObject({ destination: "billing", source: "fallback" });
    expect(await loop.optimizeOrchestratorDecision({ ...state })).toBe(answer);
  });

  it.each([
    [{ candidates: ["billing", "sales"] }, /CONFIG_INVALID.*"sales".*one or more of billing, tech/],
    [{ candidates: [] }, /CONFIG_INVALID.*one or more of billing, tech/],
    [{ candidates: ["tech"] }, /ARTIFACT_UNKNOWN.*nothing is promoted/],
    [{ decisionPoint: "triag" }, /CONFIG_INVALID.*"triag".*one of triage/],
  ])("refuses %j", async (options, words) => {
    await expect((async () => loop.optimizeOrchestratorDecision(state, options))()).rejects.toThrow(words);
  });

  it("exports under a plain name only, and says of a closed loop that it is closed", async () => {
    for (const name of ["..", "../up", "a/b", "a\\b", "", ".hidden", "a\0b", "C:x"])
      await expect(loop.exportLearningData(name)).rejects.toThrow(/CONFIG_INVALID.*export name/);
    const other = await CollectiveLearningLoop.open({ storagePath });
    await other.close();
    await expect(other.exportLearningData("x")).rejects.toThrow(/STORE_CLOSED/);
    await expect(other.exportLearningData("x")).rejects.not.toThrow(/STORE_IO/);
  });
});
