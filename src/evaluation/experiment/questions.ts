import type { DecisionRow } from "../../dataset/index.js";
import type { MonitorReport } from "../monitor.js";
import { type ContextualResult, latestVariants, learnContextualPolicy, variantRows } from "./contextual.js";
import { type ExperimentToJudge, type Judgement, judgeRows } from "./judge.js";
import type { AskedRun } from "./outcomes.js";
import { performanceOf, type VersionPerformance } from "./performance.js";
import { type VersionWatch, watchVersion } from "./watch.js";

/** A rated run of a prompt, as proposals learn from it. */
export interface RatedPromptRun {
  /** In [0,1]. */
  reward: number;
  comments: readonly string[];
}

/** What can be asked about a prompt, and what is answered; both plain JSON. */
export interface PromptQuestions {
  /** How a running experiment stands. */
  experiment: {
    question: { experiment: ExperimentToJudge; now: string; seed: number; requests?: readonly AskedRun[] };
    answer: Judgement & Pick<ExperimentToJudge, "windowMs" | "settled">;
  };
  /** How a winner does beside the version before it. */
  watch: {
    question: { watch: VersionWatch; now: string };
    answer: { report: MonitorReport; watch: VersionWatch };
  };
  /** Which version suits which context. */
  policy: { question: { promptId: string; seed: number }; answer: ContextualResult | undefined };
  performance: { question: { stretchMs?: number }; answer: VersionPerformance[] };
  /** Its rated runs with what was written about them. */
  rated: { question: Record<string, never>; answer: RatedPromptRun[] };
}
/** What can be asked about a prompt. */
export type PromptTopic = keyof PromptQuestions;

/** Answers a question from the rows of a prompt's decision point: a pure function, wherever the rows stand. */
export function answerFrom<T extends PromptTopic>(
  rows: readonly DecisionRow[],
  topic: T,
  question: PromptQuestions[T]["question"],
  onStep?: () => void,
): PromptQuestions[T]["answer"] {
  return ANSWERS[topic](rows, question, onStep);
}

const ANSWERS: {
  [T in PromptTopic]: (
    rows: readonly DecisionRow[],
    question: PromptQuestions[T]["question"],
    onStep?: () => void,
  ) => PromptQuestions[T]["answer"];
} = {
  experiment: (rows, { experiment, ...look }, onStep) => judgeRows(rows, experiment, { ...look, onStep }),
  watch: (rows, { watch, now }) => watchVersion(rows, watch, now),
  policy: (rows, { promptId, seed }) => {
    const variants = latestVariants(rows);
    return variants.length < 2 ? undefined : learnContextualPolicy(promptId, variantRows(rows), variants, seed);
  },
  performance: (rows, { stretchMs }) => performanceOf(rows, stretchMs),
  rated: (rows) =>
    rows.flatMap((r) => (r.reward === undefined ? [] : [{ reward: r.reward, comments: r.comments ?? [] }])),
};
