import { LearningError, show } from "../core/index.js";
import type { CaptureOptions, CaptureState, CaptureWay } from "./options.js";
import type { PriceTable } from "./prices.js";
import { createRedactor, type Redactor } from "./redact.js";

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

/** The keys of {@link CaptureOptions}. */
export const CAPTURE_KEYS: readonly (keyof CaptureOptions)[] = [
  "capture",
  "captureState",
  "stateBytesPerNode",
  "stateBytesPerRun",
  "redact",
  "sampleRate",
  "keepFailures",
  "calls",
];

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
  const sampleRate = inRange("sampleRate", pick("sampleRate") ?? 1, 0, 1);
  return {
    capture: oneOf("capture", pick("capture") ?? "tap", ["tap", "callbacks"]),
    captureState: oneOf("captureState", pick("captureState") ?? "updates", ["none", "updates", "full"]),
    stateBytesPerNode: inRange("stateBytesPerNode", pick("stateBytesPerNode") ?? 4096, 0, 2 ** 24),
    stateBytesPerRun: inRange("stateBytesPerRun", pick("stateBytesPerRun") ?? 262_144, 0, 2 ** 28),
    redactor: createRedactor(pick("redact")),
    sampleRate,
    keepFailures: pick("keepFailures") ?? true,
    calls: pick("calls") ?? true,
    prices,
  };
}

function invalid(key: string, value: unknown, expected: string): LearningError {
  return new LearningError("CONFIG_INVALID", {
    received: `${key}: ${show(value)}`,
    expected,
    remedy: `Correct \`${key}\`, or leave it out for the default.`,
  });
}
