import type { Learnable } from "./learned-points.js";
import type { DecisionOptions } from "./routing/index.js";

export { UserFeedback } from "./feedback/index.js";
export type { GateSettings, LoopConfig } from "./loop/config.js";
export type { CycleReport, StepReport } from "./loop/cycle/types.js";
export type { ExportSummary } from "./loop/export.js";
export { renderReportHtml } from "./loop/report/html.js";
export type * from "./loop/report/types.js";
export type { RewardPredictions } from "./loop/reward-predictions.js";
export type { LearnOptions } from "./loop/routing/points.js";
export type { ComponentStatus, EngineStatus, MeasuredImprovement, PointStatus } from "./loop/status.js";
export type { OrchestratorTraining, TrainedOrchestrator } from "./loop/train-orchestrator.js";
export type { LearningStatus } from "./loop-parts.js";
export type {
  Advice,
  AdvisedAction,
  Counterfactual,
  CounterfactualRequest,
  DecisionExplanation,
  ModelChoice,
} from "./routing/index.js";
export { adviceSchema } from "./routing/index.js";

/** Options of `loop.router`: the decision itself, and how its policy is learned. */
export type LoopRouterOptions<S, D extends string> = Learnable<DecisionOptions<S, D>>;
