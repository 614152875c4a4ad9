import { LearningError, nearestWord, show } from "../core/index.js";
import type {
  BufferOptions,
  CaptureOptions,
  CaptureState,
  CaptureWay,
  HandlerOptions,
  TracerOptions,
  WrapOptions,
} from "./options.js";
import type { PriceTable } from "./record/prices.js";
import { createRedactor, type Redactor } from "./record/redact.js";

/** Capture options with their defaults, checked. */
export interface CaptureSettings {
  capture: CaptureWay;
  captureState: CaptureState;
  stateBytesPerNode: number;
  stateBytesPerRun: number;
  redactor: Redactor | undefined;
  sampleRate: number;
  keepFailures: boolean;
  calls: boolean;
  prices: PriceTable;
}

/** Fills in defaults; fails with CONFIG_INVALID on values out of range. Later options win. */
export function captureSettings(prices: PriceTable, ...layers: CaptureOptions[]): CaptureSettings {
  const pick = <K extends keyof CaptureOptions>(key: K): CaptureOptions[K] =>
    layers.reduce<CaptureOptions[K]>((value, layer) => layer[key] ?? value, undefined);
  const oneOf = <T extends string>(key: keyof CaptureOptions, value: T, allowed: readonly T[]): T => {
    if (!allowed.includes(value)) throw invalid(key, value, `one of ${allowed.join(", ")}`);
    return value;
  };
  const inRange = (key: keyof CaptureOptions, value: number, min: number, max: number): number => {
    if (!(value >= min && value <= max)) throw invalid(key, value, `a number in [${min}, ${max}]`);
    return value;
  };
  const flag = (key: keyof CaptureOptions, value: unknown): boolean => {
    if (typeof value !== "boolean") throw invalid(key, value, "true or false");
    return value;
  };
  const sampleRate = inRange("sampleRate", pick("sampleRate") ?? 1, 0, 1);
  return {
    capture: oneOf("capture", pick("capture") ?? "tap", ["tap", "callbacks"]),
    captureState: oneOf("captureState", pick("captureState") ?? "updates", ["none", "updates", "full"]),
    stateBytesPerNode: inRange("stateBytesPerNode", pick("stateBytesPerNode") ?? 4096, 0, 2 ** 24),
    stateBytesPerRun: inRange("stateBytesPerRun", pick("stateBytesPerRun") ?? 262_144, 0, 2 ** 28),
    redactor: createRedactor(pick("redact")),
    sampleRate,
    keepFailures: flag("keepFailures", pick("keepFailures") ?? true),
    calls: flag("calls", pick("calls") ?? true),
    prices,
  };
}

const CAPTURE_KEYS = {
  capture: true,
  captureState: true,
  stateBytesPerNode: true,
  stateBytesPerRun: true,
  redact: true,
  sampleRate: true,
  keepFailures: true,
  calls: true,
} satisfies Record<keyof CaptureOptions, true>;
const WRAP_KEYS = { ...CAPTURE_KEYS, workflowType: true } satisfies Record<keyof WrapOptions, true>;
const { capture: _, ...handlerKeys } = WRAP_KEYS;
const HANDLER_KEYS = { ...handlerKeys, graph: true } satisfies Record<keyof HandlerOptions, true>;
const TRACER_KEYS = {
  ...CAPTURE_KEYS,
  store: true,
  clock: true,
  logger: true,
  prices: true,
  buffer: true,
  enabled: true,
  makeId: true,
  observer: true,
} satisfies Record<keyof TracerOptions, true>;
const BUFFER_KEYS = {
  maxRecords: true,
  maxBytes: true,
  flushIntervalMs: true,
  batchRecords: true,
  maxAttempts: true,
  flushTimeoutMs: true,
  processHooks: true,
  waitUntil: true,
} satisfies Record<keyof BufferOptions, true>;

/** Fails with CONFIG_UNKNOWN_KEY on a key that means nothing: a `redact` written wrong must not go unnoticed. */
export function checkWrapOptions(options: WrapOptions | HandlerOptions, isHandler = false): void {
  checkKeys(options, isHandler ? HANDLER_KEYS : WRAP_KEYS, isHandler ? "options of a handler" : "options of wrap");
}

/** Fails with CONFIG_UNKNOWN_KEY on an unknown key, and with CONFIG_INVALID on a bound of the buffer that is none. */
export function checkTracerOptions(options: TracerOptions): void {
  checkKeys(options, TRACER_KEYS, "capture options");
  if (options.buffer === undefined) return;
  checkKeys(options.buffer, BUFFER_KEYS, "capture.buffer");
  const { processHooks: _, waitUntil, ...bounds } = options.buffer;
  if (waitUntil !== undefined && typeof waitUntil !== "function")
    throw invalid("buffer.waitUntil", waitUntil, "a function that takes a promise");
  for (const [key, value] of Object.entries(bounds))
    if (value !== undefined && !(typeof value === "number" && value >= 1))
      throw invalid(`buffer.${key}`, value, "a number of at least 1");
}

function checkKeys(options: object, known: Readonly<Record<string, true>>, what: string): void {
  for (const key of Object.keys(options))
    if (!Object.hasOwn(known, key))
      throw new LearningError("CONFIG_UNKNOWN_KEY", {
        received: `the unknown key ${JSON.stringify(key)} in ${what}`,
        expected: `one of ${Object.keys(known).join(", ")}`,
        remedy: `Did you mean ${JSON.stringify(nearestWord(key, Object.keys(known)))}?`,
      });
}

function invalid(key: string, value: unknown, expected: string): LearningError {
  return new LearningError("CONFIG_INVALID", {
    received: `${key}: ${show(value)}`,
    expected,
    remedy: `Correct \`${key}\`, or leave it out for the default.`,
  });
}
