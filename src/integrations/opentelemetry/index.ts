/** OpenTelemetry: runs as spans, while they go on or afterwards. @module */
export { exportTrace } from "./export-trace.js";
export { observeWithSpans } from "./observe-with-spans.js";
export type { OpenTelemetryOptions } from "./options.js";
