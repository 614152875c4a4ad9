export type { AdviceOptions } from "./advisor.js";
export { CollectiveLearningLoop } from "./collective-learning-loop.js";
export type { Erased, ErasureOptions } from "./erasure.js";
export type { Federation } from "./federation.js";

import type { DecisionOptions } from "../routing/index.js";
import type { Learnable } from "./learned-points.js";

export type { GateSettings, MeasuredImprovement } from "../evaluation/index.js";
export { type FeedbackInput, toNodeListener, UserFeedback } from "../feedback/index.js";
export type { LoopConfig } from "../learning/config.js";
export type { CycleReport, StepReport } from "../learning/cycle/types.js";
export type { ExportSummary } from "../learning/export.js";
export type { OrchestratorTraining } from "../learning/orchestrator-training.js";
export type * from "../learning/report/types.js";
export type { RewardPredictions } from "../learning/reward-predictions.js";
export type { ComponentStatus, EngineStatus, PointStatus } from "../learning/status.js";
export type { LearningTimer } from "../learning/timers.js";
export type { TrainedOrchestrator } from "../learning/train-orchestrator.js";
export type { TrialEvidence } from "../learning/trial-evidence.js";
export type { LearnOptions } from "../policies/index.js";
export type { Approval } from "../registry/approvals.js";
export type {
  Advice,
  AdvisedAction,
  Counterfactual,
  CounterfactualRequest,
  DecisionExplanation,
  ModelChoice,
} from "../routing/index.js";
export { adviceSchema } from "../routing/index.js";
export { copyStore } from "./copy-store.js";
export { openStoreAt } from "./open-store.js";
export type { LearningStatus } from "./status.js";

/** Options of `loop.router`: the decision itself, and how its policy is learned. */
export type LoopRouterOptions<S, D extends string> = Learnable<DecisionOptions<S, D>>;
