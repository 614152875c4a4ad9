export { TraceCallbackHandler } from "./callbacks/callback-handler.js";
export { withHandler } from "./callbacks/with-handler.js";
export type {
  BufferOptions,
  CaptureOptions,
  CaptureState,
  CaptureWay,
  HandlerOptions,
  TracerOptions,
  WrapOptions,
} from "./options.js";
export { DEFAULT_PRICES, type ModelPrice, type PriceTable } from "./record/prices.js";
export type { RedactOption, RedactPreset } from "./record/redact.js";
export type {
  CallUnderWay,
  NodeUnderWay,
  RunBegin,
  RunObserver,
  RunUnderWay,
  UnderWay,
} from "./record/run-observer.js";
export type { CallRun, RunningNode, RunStart } from "./record/run-types.js";
export { WorkflowTracer } from "./tracer.js";
export type { DropReason, TracerCounters } from "./writer/counters.js";
