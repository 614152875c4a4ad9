import type * as Api from "@opentelemetry/api";
import { type FeedbackRecord, LearningError, messageOf } from "../core/index.js";
import { loadOptional } from "../core/optional-package.js";
import type { OpenTelemetryOptions } from "../integrations/opentelemetry/options.js";
import type { LearningStore } from "../store/index.js";
import type { RunObserver } from "../tracing/index.js";

/** What tells OpenTelemetry of runs and judgements. */
export interface LoopTelemetry extends RunObserver {
  judged(record: FeedbackRecord): void;
  settled(): Promise<void>;
}

/** @throws INTEGRATION_FAILED without the optional peer `@opentelemetry/api` */
export async function openTelemetry(options: OpenTelemetryOptions, store: LearningStore): Promise<LoopTelemetry> {
  const api = await loadOptional<typeof Api>("@opentelemetry/api").catch((cause) => {
    throw new LearningError("INTEGRATION_FAILED", {
      received: `no package @opentelemetry/api (${messageOf(cause)})`,
      expected: "the optional peer that spans are made with",
      remedy: "Run: npm install @opentelemetry/api (beside a bundle, too: it is not bundled)",
      cause,
    });
  });
  const { useApi } = await import("../integrations/opentelemetry/api.js");
  const { SpanObserver } = await import("../integrations/opentelemetry/live.js");
  useApi(api);
  return new SpanObserver(options, async (workflowId) => {
    let last: string | undefined;
    for await (const { facts } of store.read("trace", { workflowId }))
      for (const { traceparent } of facts) last = traceparent ?? last;
    return last;
  });
}
