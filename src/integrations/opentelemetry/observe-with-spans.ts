import * as api from "@opentelemetry/api";
import { checkArgument } from "../../core/arguments.js";
import { refuseUnknownKeys } from "../../core/index.js";
import type { RunObserver } from "../../tracing/index.js";
import { useApi } from "./api.js";
import { SpanObserver } from "./live.js";
import type { OpenTelemetryOptions } from "./options.js";

/** What its options may hold. */
const OPTIONS: readonly (keyof OpenTelemetryOptions)[] = ["tracer", "meter", "logger", "content", "agents"];

/**
 * What a `WorkflowTracer` without a loop takes as `observer`, to open spans while runs go on.
 * @example
 * ```ts
 * import { trace as otel } from "@opentelemetry/api";
 *
 * const tracer = new WorkflowTracer({ store, observer: observeWithSpans({ tracer: otel.getTracer("my-app") }) });
 * ```
 */
export function observeWithSpans(options: OpenTelemetryOptions): RunObserver {
  checkArgument(options, "options", { tracer: { startSpan: "function" } }, "CONFIG_INVALID");
  refuseUnknownKeys(options, OPTIONS, "options of observeWithSpans");
  useApi(api);
  return new SpanObserver(options);
}
