import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fitJudgeCorrection, type JudgeCorrection } from "../../../src/rewards/index.js";
import { round } from "../support/bench.js";

const TARGETS = ["relevance", "coherence", "empathy", "surprise", "engagement", "complexity"];
const JUDGES = ["beluga_13b", "orcaplatypus", "mistral_7b", "llama_13b", "chatgpt"];

/**
 * Five language models as judges of HANNA's stories beside three people each: errors out of fold, and good or bad (0.5)
 * as they score and corrected; means over the six targets.
 */
export function judgesBesidePeople(folder: string) {
  const [header = "", ...lines] = readFileSync(join(folder, "reward", "hanna.csv"), "utf8")
    .trim()
    .split(/\r?\n/);
  const names = header.split(",");
  const rows = lines.map((line) => Object.fromEntries(line.split(",").map((cell, i) => [names[i] ?? "", cell])));
  // A score off the scale counts as its end: one judge gave half a point of one to five.
  const share = (cell: string | undefined) => (cell ? Math.min(1, Math.max(0, (Number(cell) - 1) / 4)) : Number.NaN);
  return JUDGES.map((judge) => {
    const fitted = TARGETS.map((target) =>
      fitJudgeCorrection(
        rows
          .map((r) => ({
            judge: share(r[`judge_${judge}_${target}`]),
            human: share(r[target]),
            outputLength: Number(r["text_len"]),
          }))
          .filter((p) => Number.isFinite(p.judge) && Number.isFinite(p.human)),
      ),
    );
    const mean = (of: (f: JudgeCorrection) => number) => round(fitted.reduce((a, f) => a + of(f), 0) / fitted.length);
    return {
      judge,
      rmse: { raw: mean((f) => f.rmse.raw), corrected: mean((f) => f.rmse.corrected), mean: mean((f) => f.rmse.mean) },
      kappa: { raw: mean((f) => f.agreement.raw.kappa ?? 0), corrected: mean((f) => f.agreement.corrected.kappa ?? 0) },
      falsePositives: {
        raw: mean((f) => f.agreement.raw.falsePositives ?? 0),
        corrected: mean((f) => f.agreement.corrected.falsePositives ?? 0),
      },
      falseNegatives: {
        raw: mean((f) => f.agreement.raw.falseNegatives ?? 0),
        corrected: mean((f) => f.agreement.corrected.falseNegatives ?? 0),
      },
      lengthTakenOut: fitted.filter((f) => f.perDoubling !== 0).length,
    };
  });
}
