export * from "./experiments/index.js";
export { type Judgement, judgeExperiment } from "./experiments/judge.js";
export * from "./prompt-content.js";
export * from "./prompt-node.js";
export * from "./prompt-optimizer.js";
export type { Answer, ChatModelLike, TokenPrices } from "./proposals/ask.js";
export type { BudgetOptions, Usage } from "./proposals/budget.js";
export type { Demonstration } from "./proposals/few-shot.js";
export type { HeldOutResult } from "./proposals/held-out.js";
export { drawFromFront, paretoFront } from "./proposals/pareto.js";
export type { Proposal, ProposalRequest } from "./proposals/proposal.js";
export { propose } from "./proposals/propose.js";
export type { Attempt } from "./proposals/search.js";
export type { PromptExample, RunExample, TrialResult } from "./proposals/trial.js";
export type { PromptValidator } from "./proposals/vet.js";
export { type ContextualResult, learnContextualPolicy, type VariantRow } from "./serving/contextual.js";
export type { ExperimentRecord } from "./serving/experiments-book.js";
export type { PromptVersion } from "./serving/library.js";
export {
  judgedReward,
  outcomesOf,
  PROMPT_POINT,
  type RewardOf,
  type ServedRun,
  servedRun,
} from "./serving/outcome-reader.js";
export { type PerformancePoint, performanceOf, type VersionPerformance } from "./serving/performance.js";
export { regressionEvidence, regressionReason } from "./serving/regression.js";
export type { PromptOptimizerOptions, RefreshReport, ServedPrompt } from "./serving/types.js";
