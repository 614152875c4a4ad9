export {
  type CounterfactualPair,
  checkEstimators,
  compare,
  type EstimatorCheck,
  type EstimatorReport,
} from "./check-estimators.js";
export { type ContinuationRequest, type ContinuationVerdict, decideContinuation } from "./continuation.js";
export { type Estimate, type EstimateOptions, estimateGain, estimateValue } from "./estimate.js";
export { decidePromotion, type GateVerdict, type PromotionRequest } from "./gate.js";
export type { GateSettings } from "./gate-settings.js";
export type { MeasuredImprovement } from "./improvement.js";
export type { Interval, IntervalMethod } from "./intervals.js";
export { type MonitorReport, type MonitorState, monitorChampion, openMonitor, parseMonitor } from "./monitor.js";
export { COVERAGE_FLOOR, MAX_UNSUPPORTED, type Overlap, overlapOf } from "./overlap.js";
export { type JudgedDecision, LEAST_TRIED, type OpeRow, toOpeRow } from "./rows.js";
export { runRows } from "./run-rows.js";
export { openSpending, parseSpending, type SpendingState } from "./spending.js";
export type { EstimatorName } from "./terms.js";
export {
  estimateTrajectories,
  type OpeStep,
  type TrajectoryEstimatorName,
  type TrajectoryOptions,
} from "./trajectory.js";
export * from "./trial/index.js";
