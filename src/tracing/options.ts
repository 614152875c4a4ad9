import { z } from "zod";
import { type Clock, newId, systemClock } from "../core/index.js";
import { hostLogger } from "../core/option-fields.js";
import type { LearningStore } from "../store/index.js";
import { DEFAULT_PRICES, type PriceTable } from "./record/prices.js";
import type { RedactOption } from "./record/redact.js";
import type { RunObserver } from "./record/run-observer.js";

const WAYS = ["tap", "callbacks"] as const;
const STATES = ["none", "updates", "full"] as const;
/** How runs are captured: by the nodes themselves, or by LangChain callbacks. */
export type CaptureWay = (typeof WAYS)[number];
/** What of the state is kept: nothing, what nodes wrote, or also what they read. */
export type CaptureState = (typeof STATES)[number];

const oneOf = <const T extends readonly string[]>(words: T) => z.enum(words, `one of ${words.join(", ")}`);
const within = (min: number, max: number) => {
  const range = `a number in [${min}, ${max}]`;
  return z.number(range).min(min, range).max(max, range);
};
const flag = z.boolean("true or false");
const bound = z.custom<number>((v) => typeof v === "number" && v >= 1, "a number of at least 1");

export const bufferOptionsSchema = z.strictObject({
  /** Records that may wait (default 20,000); traces beyond are dropped and counted. */
  maxRecords: bound.default(20_000),
  /** Estimated bytes that may wait (default 64 MiB). */
  maxBytes: bound.default(64 * 1024 * 1024),
  /** Longest wait of a record before it is written (default 250 ms). */
  flushIntervalMs: bound.default(250),
  /** Records that are written at once (default 256). */
  batchRecords: bound.default(256),
  /** How often a failing write is repeated before its records are dropped and counted (default 5). */
  maxAttempts: bound.default(5),
  /** How long `flush()` waits before it fails (default 30 s). */
  flushTimeoutMs: bound.default(30_000),
  /**
   * Write what waits when the process ends (default true): by itself, by `process.exit()`, an uncaught error, an
   * unhandled rejection, or a signal that ends it. SIGKILL, a frozen function and `worker.terminate()` leave no time for that.
   */
  processHooks: flag.default(true),
  /**
   * Is given the writing of each record, for hosts that freeze a function when it has answered: `waitUntil` of
   * `@vercel/functions`, `ctx.waitUntil` of an edge function, Next.js' `after`. Called in the context of the run.
   */
  waitUntil: z
    .custom<(writing: Promise<void>) => void>((v) => typeof v === "function", "a function that takes a promise")
    .optional(),
});
/** Bounds of the buffered writer. */
export type BufferOptions = z.input<typeof bufferOptionsSchema>;
/** The bounds with their defaults filled in. */
export type BufferSettings = z.output<typeof bufferOptionsSchema>;

export const captureOptionsSchema = z.strictObject({
  /** Default `tap`; falls back to `callbacks` with a warning where a graph cannot be tapped. */
  capture: oneOf(WAYS).default("tap"),
  /** Default `updates`. */
  captureState: oneOf(STATES).default("updates"),
  /** Bytes of state kept per node execution (default 4,096) and run (default 262,144); cut pieces end in a marker. */
  stateBytesPerNode: within(0, 2 ** 24).default(4096),
  stateBytesPerRun: within(0, 2 ** 28).default(262_144),
  /** Changes or removes private data before it is kept; see {@link RedactOption}. */
  redact: z.custom<RedactOption>().optional(),
  /** Share of runs whose traces are kept, drawn by the workflow id (default 1). Decisions are always kept. */
  sampleRate: within(0, 1).default(1),
  /** Keep the traces of failed runs whatever the sample rate (default true). */
  keepFailures: flag.default(true),
  /** Record model and tool calls inside nodes (default true). */
  calls: flag.default(true),
});
/** What is captured, and how much of it is kept. All of it can be given per wrapped graph too. */
export type CaptureOptions = z.input<typeof captureOptionsSchema>;

export const tracerOptionsSchema = captureOptionsSchema.extend({
  store: z.custom<LearningStore>(),
  clock: z.custom<Clock>().default(() => systemClock),
  logger: hostLogger,
  /** Prices of models in US dollars per million tokens; see {@link DEFAULT_PRICES}. */
  prices: z.custom<PriceTable>().default(() => DEFAULT_PRICES),
  buffer: bufferOptionsSchema.prefault({}),
  /** Off: wrapped graphs behave as the bare ones (default true). */
  enabled: flag.default(true),
  /** Makes the ids of runs and segments (default: random UUIDs). */
  makeId: z.custom<() => string>().default(() => newId),
  /** Is told of runs while they go on (the loop's option `opentelemetry` makes one). */
  observer: z.custom<RunObserver>().optional(),
});
/** Options of {@link WorkflowTracer}. */
export type TracerOptions = z.input<typeof tracerOptionsSchema>;

export const wrapOptionsSchema = captureOptionsSchema.extend({
  /** What kind of work the graph does; runs of one type are compared with each other. */
  workflowType: z.string("a name for the kind of work the graph does"),
});
/** Options of `tracer.wrap` and `tracer.handler`. */
export type WrapOptions = z.input<typeof wrapOptionsSchema>;

export const handlerOptionsSchema = wrapOptionsSchema.omit({ capture: true }).extend({
  /** The compiled graph the handler is given to: lets edges be told exactly instead of guessed. */
  graph: z.custom<object>().optional(),
});
/** Options of `tracer.handler`. */
export type HandlerOptions = z.input<typeof handlerOptionsSchema>;
