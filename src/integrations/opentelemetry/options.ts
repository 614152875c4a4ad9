/**
 * How a loop, or a tracer, tells OpenTelemetry of runs while they go on. The shapes are those of `@opentelemetry/api` and
 * `@opentelemetry/api-logs`, of which only the first must be installed.
 */
export interface OpenTelemetryOptions {
  /** As from `trace.getTracer("my-app")`. */
  tracer: { startSpan(name: string, options?: object, context?: object): object };
  /** As from `metrics.getMeter("my-app")`: gets histograms of tokens and durations. */
  meter?: { createHistogram(name: string, options?: object): object };
  /** As from `logs.getLogger("my-app")`: gets an event for each judgement. */
  logger?: { emit(record: object): void };
  /**
   * Export messages, tools' arguments and results, and comments of judgements, redacted by the tracer's `redact`
   * (default false).
   */
  content?: boolean;
  /** Names of nodes that are agents; graphs of `createAgent` and `createReactAgent` are known as such. */
  agents?: readonly string[];
}
