import { patternsOf } from "../../dashboard/index.js";
import type { Command } from "../command.js";

export const patterns: Command = {
  summary: "what distinguishes runs that go well",
  usage: "[--dir FOLDER | --store ADDRESS] [--json]",
  details: "From the last published report; `cycle` makes another.",
  examples: ["patterns", "patterns --json"],
  options: {},
  async run(loop) {
    await loop.getLearningStatus();
    const data = await patternsOf({ loop });
    const { report } = data;
    if (!report) return { data, text: "no report yet: run `collective-learning cycle`" };
    const found = report.patterns.filter((p) => p.verdict === "better" || p.verdict === "worse");
    const lines = [
      `${found.length} of ${report.patternsTested} patterns distinguish good runs (${report.runs} runs, ${report.ratedRuns} rated)`,
      ...found.map(
        (p) =>
          `  ${p.difference >= 0 ? "+" : ""}${p.difference.toFixed(3)}  ${p.activities.join(p.kind === "ngram" ? " -> " : " ... ")}  (${p.support} runs)`,
      ),
      ...report.decisionRules.filter((r) => r.significant).map((r) => `  ${r.text}`),
    ];
    return { data, text: lines.join("\n") };
  },
};
