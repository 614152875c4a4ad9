import type { Rng } from "../../math/rng.js";
import type { PromptContent } from "../prompt-content.js";
import type { PromptExample, TrialResult, Trials } from "./trial.js";

/** How a proposal did against the serving version on examples nobody had seen. */
export interface HeldOutResult {
  examples: number;
  base: number;
  proposal: number;
  /** Mean of the paired differences, and the one-sided p-value of the sign-flip test. */
  difference: number;
  pValue: number;
  won: boolean;
}

const FLIPS = 2000;
const LEVEL = 0.05;

/**
 * Compares two prompts on held-out examples, pair by pair: the signs of the differences are flipped at
 * random, which is exact whatever the scores' distribution (Fisher, 1935).
 */
export async function compareOnHeldOut(
  trials: Trials,
  base: PromptContent,
  proposal: PromptContent,
  examples: readonly PromptExample[],
  rng: Rng,
): Promise<HeldOutResult> {
  const before: TrialResult[] = [];
  const after: TrialResult[] = [];
  // In turns: what troubles the runs for a while troubles both.
  for (const [i, example] of examples.entries()) {
    const turn = async (content: PromptContent, into: TrialResult[]) => {
      into.push(...(await trials.all(content, [example])));
    };
    if (i % 2 === 0) await turn(base, before);
    await turn(proposal, after);
    if (i % 2 === 1) await turn(base, before);
  }
  const differences = after.map((r, i) => r.score - before[i].score);
  const sum = differences.reduce((s, d) => s + d, 0);
  let asLarge = 0;
  for (let f = 0; f < FLIPS; f++) {
    let flipped = 0;
    for (const d of differences) flipped += rng.next() < 0.5 ? d : -d;
    if (flipped >= sum - 1e-12) asLarge++;
  }
  const pValue = (1 + asLarge) / (FLIPS + 1);
  const mean = (rs: readonly { score: number }[]) => rs.reduce((s, r) => s + r.score, 0) / rs.length;
  return {
    examples: examples.length,
    base: mean(before),
    proposal: mean(after),
    difference: sum / examples.length,
    pValue,
    won: sum > 0 && pValue <= LEVEL,
  };
}
