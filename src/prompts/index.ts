export type { SettledExperiment } from "../evaluation/experiment/evaluate.js";
export type { PromptQuestions, PromptTopic, RatedPromptRun } from "../evaluation/experiment/index.js";
export {
  allocate,
  balance,
  bet,
  type ContextualResult,
  type EvidenceState,
  type ExperimentDefinition,
  type ExperimentOptions,
  type ExperimentReport,
  ExperimentRun,
  type ExperimentVerdict,
  evidenceOf,
  type Guardrail,
  type Judgement,
  judgeExperiment,
  learnContextualPolicy,
  minimumDetectableEffect,
  type Outcome,
  openEvidence,
  outcomesOf,
  type PerformancePoint,
  type PlanRequest,
  PROMPT_POINT,
  type Prove,
  parseDefinition,
  performanceOf,
  plannedOutcomes,
  trackAndStopWeights,
  type VariantReport,
  type VariantRow,
  type VersionPerformance,
} from "../evaluation/experiment/index.js";
export type { AskedRun, Outcomes, UnitPlace } from "../evaluation/experiment/outcomes.js";
export * from "./prompt-content.js";
// The name that release 0.1 gave it.
export { promptContentOf as contentOf } from "./prompt-content.js";
export * from "./prompt-node.js";
export * from "./prompt-optimizer.js";
export type { ChatModelLike, ModelReply, TokenPrices } from "./proposals/ask.js";
export type { BudgetOptions, Usage } from "./proposals/budget.js";
export type { Demonstration } from "./proposals/few-shot.js";
export type { HeldOutResult } from "./proposals/held-out.js";
export type { PromptChange } from "./proposals/lessons.js";
export { drawFromFront, paretoFront } from "./proposals/pareto.js";
export type { Proposal, ProposalRequest } from "./proposals/proposal.js";
export { propose } from "./proposals/propose.js";
export type { SearchAttempt } from "./proposals/search.js";
export type { PromptExample, RunExample, TrialResult } from "./proposals/trial.js";
export type { PromptValidator } from "./proposals/vet.js";
export type { ExperimentRecord } from "./serving/experiments-book.js";
export type { PromptVersion } from "./serving/library.js";
export { judgedReward, type RewardOf } from "./serving/rows-in-store.js";
export type { AskAboutPrompt, PromptOptimizerOptions, RefreshReport, ServedPrompt } from "./serving/types.js";
