import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dataFolder } from "../bench/support/data.js";
import { crossValidatedBlame, readFailures } from "./support/blame-accuracy.js";

const folder = dataFolder();

describe.skipIf(!folder)("blame on annotated real failures (LEARNING_DATA)", () => {
  it("names the culprit about as often as the best baseline of each system at least, cross-validated", () => {
    const baselines = JSON.parse(readFileSync(join(folder as string, "BASELINES.json"), "utf8"))
      .whowhen_attribution_baselines as Record<string, Record<string, number>>;
    const measured = crossValidatedBlame(readFailures(folder as string), 10, 10);
    for (const [name, figures] of Object.entries(baselines)) {
      const best = Math.max(...Object.entries(figures).flatMap(([k, v]) => (k.startsWith("agent_acc") ? [v] : [])));
      const system = name.split("/").at(-1) as string;
      // In some splits chance prefers another rule than the best one.
      expect(measured[system]?.agentAccuracy, system).toBeGreaterThan(best - 0.02);
    }
  });
});
