// Runs in the learning thread.
import { digest } from "../../core/index.js";
import { textOfRun } from "../../rewards/index.js";
import type { Job } from "../job.js";
import { decisionsByRun, judgedRuns, runsToLearnFrom } from "../reward-examples.js";
import type { RewardSettings } from "../reward-views.js";

/** Which runs' texts are wanted. */
export interface RunTextsInput {
  reward: RewardSettings;
  /** Default: the runs a reward model learns from and predicts in a cycle. */
  workflowIds?: string[];
  /** Digests of the texts that are known already, by workflowId. */
  known: Record<string, string>;
}

/** By workflowId, without runs that say nothing. */
export interface RunTextsOutput {
  /** Digest of the text of each run asked for. */
  digests: Record<string, string>;
  /** The texts that are new. */
  texts: Record<string, string>;
}

/** What runs say, for the host to embed: an embedding model cannot come into this thread. */
export const runTexts: Job<RunTextsInput, RunTextsOutput> = {
  run({ reward, workflowIds, known }, { state }) {
    const runs = judgedRuns(state, reward, workflowIds && new Set(workflowIds));
    const wanted = workflowIds ? runs : Object.values(runsToLearnFrom(runs)).flat();
    const decisions = decisionsByRun(state, wanted);
    const output: RunTextsOutput = { digests: {}, texts: {} };
    for (const { workflowId, trace } of wanted) {
      const text = textOfRun(trace, decisions.get(workflowId));
      if (text === "") continue;
      const found = digest(text, 16);
      output.digests[workflowId] = found;
      if (known[workflowId] !== found) output.texts[workflowId] = text;
    }
    return output;
  },
};
