export type { DropReason, TracerCounters } from "./buffered-writer.js";
export { TraceCallbackHandler } from "./callback-handler.js";
export type {
  BufferOptions,
  CaptureOptions,
  CaptureState,
  CaptureWay,
  HandlerOptions,
  TracerOptions,
  WrapOptions,
} from "./options.js";
export { DEFAULT_PRICES, type ModelPrice, type PriceTable } from "./prices.js";
export type { RedactOption, RedactPreset } from "./redact.js";
export { WorkflowTracer } from "./tracer.js";
export { withHandler } from "./with-handler.js";
