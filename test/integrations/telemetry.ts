import { context } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from "@opentelemetry/sdk-logs";
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";

/** What carries contexts through promises; tests that need one give it to the API. */
export const contextManager = () =>
  void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());

/** OpenTelemetry's own SDK, exporting to memory. */
export function telemetry() {
  const spans = new InMemorySpanExporter();
  const tracer = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }).getTracer("test");
  const logs = new InMemoryLogRecordExporter();
  const logger = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logs })] }).getLogger(
    "test",
  );
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  const meter = new MeterProvider({ readers: [reader] }).getMeter("test");
  const finished = () => spans.getFinishedSpans();
  const named = (name: string) => {
    const found = finished().filter((s) => s.name === name);
    if (found.length !== 1) throw new Error(`${found.length} spans ${name} among ${finished().map((s) => s.name)}`);
    return found[0] as ReadableSpan;
  };
  const metrics = async () => {
    await reader.forceFlush();
    const last = exporter.getMetrics().at(-1);
    return last?.scopeMetrics.flatMap((s) => s.metrics) ?? [];
  };
  return { tracer, logger, meter, finished, named, events: () => logs.getFinishedLogRecords(), metrics };
}

/** `parent > child` by names, sorted; a root is alone. */
export function tree(spans: readonly ReadableSpan[]): string[] {
  const byId = new Map(spans.map((s) => [s.spanContext().spanId, s.name]));
  return spans
    .map((s) => {
      const parent = s.parentSpanContext?.spanId;
      return parent === undefined ? s.name : `${byId.get(parent) ?? "LOST"} > ${s.name}`;
    })
    .sort();
}
