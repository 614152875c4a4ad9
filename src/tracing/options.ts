import type { Clock, Logger } from "../core/index.js";
import type { LearningStore } from "../store/index.js";
import type { PriceTable } from "./record/prices.js";
import type { RedactOption } from "./record/redact.js";
import type { RunObserver } from "./record/run-observer.js";

/** How runs are captured: by the nodes themselves, or by LangChain callbacks. */
export type CaptureWay = "tap" | "callbacks";
/** What of the state is kept: nothing, what nodes wrote, or also what they read. */
export type CaptureState = "none" | "updates" | "full";

/** Bounds of the buffered writer. */
export interface BufferOptions {
  /** Records that may wait (default 20,000); traces beyond are dropped and counted. */
  maxRecords?: number;
  /** Estimated bytes that may wait (default 64 MiB). */
  maxBytes?: number;
  /** Longest wait of a record before it is written (default 250 ms). */
  flushIntervalMs?: number;
  /** Records that are written at once (default 256). */
  batchRecords?: number;
  /** How often a failing write is repeated before its records are dropped and counted (default 5). */
  maxAttempts?: number;
  /** How long `flush()` waits before it fails (default 30 s). */
  flushTimeoutMs?: number;
  /**
   * Write what waits when the process ends (default true): by itself, by `process.exit()`, an uncaught error, an
   * unhandled rejection, or a signal that ends it. SIGKILL and a frozen function leave no time for that.
   */
  processHooks?: boolean;
  /**
   * Is given the writing of each record, for hosts that freeze a function when it has answered: `waitUntil` of
   * `@vercel/functions`, `ctx.waitUntil` of an edge function, Next.js' `after`. Called in the context of the run.
   */
  waitUntil?: (writing: Promise<void>) => void;
}

/** What is captured, and how much of it is kept. All of it can be given per wrapped graph too. */
export interface CaptureOptions {
  /** Default `tap`; falls back to `callbacks` with a warning where a graph cannot be tapped. */
  capture?: CaptureWay;
  /** Default `updates`. */
  captureState?: CaptureState;
  /** Bytes of state kept per node execution (default 4,096) and run (default 262,144); cut pieces end in a marker. */
  stateBytesPerNode?: number;
  stateBytesPerRun?: number;
  /** Changes or removes private data before it is kept; see {@link RedactOption}. */
  redact?: RedactOption;
  /** Share of runs whose traces are kept, drawn by the workflow id (default 1). Decisions are always kept. */
  sampleRate?: number;
  /** Keep the traces of failed runs whatever the sample rate (default true). */
  keepFailures?: boolean;
  /** Record model and tool calls inside nodes (default true). */
  calls?: boolean;
}

/** Options of {@link WorkflowTracer}. */
export interface TracerOptions extends CaptureOptions {
  store: LearningStore;
  clock?: Clock;
  logger?: Logger;
  /** Prices of models in US dollars per million tokens; see {@link DEFAULT_PRICES}. */
  prices?: PriceTable;
  buffer?: BufferOptions;
  /** Off: wrapped graphs behave as the bare ones (default true). */
  enabled?: boolean;
  /** Makes the ids of runs and segments (default: random UUIDs). */
  makeId?: () => string;
  /** Is told of runs while they go on (the loop's option `opentelemetry` makes one). */
  observer?: RunObserver;
}

/** Options of `tracer.wrap` and `tracer.handler`. */
export interface WrapOptions extends CaptureOptions {
  /** What kind of work the graph does; runs of one type are compared with each other. */
  workflowType: string;
}

/** Options of `tracer.handler`. */
export interface HandlerOptions extends Omit<WrapOptions, "capture"> {
  /** The compiled graph the handler will watch: lets edges be told exactly instead of guessed. */
  graph?: object;
}
