// The front door: what a quick start, a router, feedback, learning, prompts and the Sentinel need. Everything
// else has a subpath of its own.

export type { DecisionSink, RunIdentity } from "./core/decision-sink.js";
export type { LearningErrorCode, LearningErrorDetails } from "./core/errors.js";
export {
  type Clock,
  type Decision,
  type DecisionContext,
  type FeedbackRecord,
  isLearningError,
  LearningError,
  type Logger,
  ManualClock,
  systemClock,
  type Trace,
} from "./core/index.js";
export { renderReportHtml } from "./dashboard/report.js";
export { OrchestratorEnv } from "./environments/index.js";
export type { PointTrial } from "./evaluation/improvement.js";
export type { TrialOptions } from "./evaluation/point/trial-stage.js";
export { FeedbackCollector } from "./feedback/index.js";
export type { Collected } from "./learning/cycle/collector.js";
export type { KnownPoint } from "./learning/points.js";
export type { LastReport } from "./learning/report/described.js";
export type { LearningTimer } from "./learning/timers.js";
export {
  type Advice,
  type AdviceOptions,
  type AdvisedAction,
  adviceSchema,
  CollectiveLearningLoop,
  type ComponentStatus,
  type Counterfactual,
  type CounterfactualRequest,
  type CycleReport,
  type DecisionExplanation,
  type EngineStatus,
  type Erased,
  type ErasureOptions,
  type ExportSummary,
  type Federation,
  type GateSettings,
  type LearningReport,
  type LearningStatus,
  type LearnOptions,
  type LoopConfig,
  type LoopRouterOptions,
  type MeasuredImprovement,
  type ModelChoice,
  type OrchestratorTraining,
  type PointReport,
  type PointStatus,
  type RewardPredictions,
  type StepReport,
  type TrainedOrchestrator,
  UserFeedback,
} from "./loop/index.js";
export type { LoopInspector } from "./loop/inspector.js";
export type { Learnable } from "./loop/learned-points.js";
export { createRng, type Rng, shuffled } from "./math/rng.js";
export { PatternAnalyzer } from "./patterns/index.js";
export { PromptOptimizer } from "./prompts/index.js";
export type { Approval } from "./registry/approvals.js";
export { RewardModel } from "./rewards/index.js";
export type { ChoiceChange } from "./routing/explain.js";
export type { DeclaredShape } from "./routing/mermaid.js";
export { createSentinelOrchestrator } from "./sentinel/index.js";
export { createMemoryStore, type LearningStore, openFileStore } from "./store/index.js";
export { TraceCallbackHandler, WorkflowTracer } from "./tracing/index.js";
export type { CurvePoint, DestinationReport, FeaturePush } from "./worker/description.js";
export type { IngestOutput } from "./worker/jobs/ingest.js";
export type { SimulatorFit } from "./worker/jobs/train-rl.js";
