import type { z } from "zod";
import { LearningError, messageOf, parseOptions, show } from "../core/index.js";
import {
  type BufferOptions,
  type BufferSettings,
  bufferOptionsSchema,
  type CaptureOptions,
  captureOptionsSchema,
  type HandlerOptions,
  handlerOptionsSchema,
  type TracerOptions,
  tracerOptionsSchema,
  type WrapOptions,
  wrapOptionsSchema,
} from "./options.js";
import { DEFAULT_PRICES, type PriceTable } from "./record/prices.js";
import { createRedactor, type Redactor } from "./record/redact.js";

/** How one graph's runs are captured: the options with their defaults, and what is made of them. */
export interface CaptureSettings extends Omit<z.output<typeof captureOptionsSchema>, "redact"> {
  redactor: Redactor | undefined;
  prices: PriceTable;
}

/**
 * The tracer's options, checked and completed.
 * @throws CONFIG_INVALID on values out of range; CONFIG_UNKNOWN_KEY on a key that means nothing: a `redact` written
 * wrong must not go unnoticed
 */
export function tracerSettings(options: TracerOptions) {
  return parseOptions(tracerOptionsSchema, given(tracerOptionsSchema, options), "capture options");
}

/** The bounds of the buffer, checked and completed; fails as {@link tracerSettings} does. */
export function bufferSettings(options: BufferOptions): BufferSettings {
  return parseOptions(bufferOptionsSchema, given(bufferOptionsSchema, options), "capture.buffer");
}

/** How a graph is captured: as its options say, else as the tracer's do. Fails as {@link tracerSettings} does. */
export function wrapSettings(tracer: TracerOptions, options: WrapOptions): CaptureSettings {
  checkWorkflowType(options);
  const layers = { ...captureIn(tracer), ...given(wrapOptionsSchema, options) };
  const { workflowType: _, ...settings } = parseOptions(wrapOptionsSchema, layers, "options of wrap");
  return completed(settings, tracer);
}

/** How a handler captures the graphs it is given to; as {@link wrapSettings}. */
export function handlerSettings(tracer: TracerOptions, options: HandlerOptions): CaptureSettings {
  checkWorkflowType(options);
  const { capture: _way, ...own } = captureIn(tracer);
  const layers = { ...own, ...given(handlerOptionsSchema, options) };
  const {
    workflowType: _,
    graph: _graph,
    ...settings
  } = parseOptions(handlerOptionsSchema, layers, "options of a handler");
  return completed({ ...settings, capture: "callbacks" }, tracer);
}

/** The capture options among others, checked and completed; fails with CONFIG_INVALID on values out of range. */
export function captureSettings(options: CaptureOptions & Pick<TracerOptions, "prices" | "logger">): CaptureSettings {
  return completed(parseOptions(captureOptionsSchema, captureIn(options), "capture options"), options);
}

/** Functions that redact and have failed, each told of once. */
const failing = new WeakSet<object>();

function completed(
  { redact, ...settings }: z.output<typeof captureOptionsSchema>,
  { prices = DEFAULT_PRICES, logger }: Pick<TracerOptions, "prices" | "logger">,
): CaptureSettings {
  const onFailure = (error: unknown) => {
    if (typeof redact !== "function" || failing.has(redact)) return;
    failing.add(redact);
    logger?.error("the redaction fails; what it fails on is not kept", { reason: messageOf(error) });
  };
  return { ...settings, redactor: createRedactor(redact, onFailure), prices };
}

function captureIn(options: CaptureOptions): CaptureOptions {
  const own = Object.entries(options).filter(([key, value]) => key in captureOptionsSchema.shape && value != null);
  return Object.fromEntries(own);
}

/** Without what is left open, which stands for the default; a key that means nothing stays, to be refused. */
function given<T extends object>({ shape }: z.ZodObject, options: T): T {
  if (typeof options !== "object" || options === null) return options;
  return Object.fromEntries(Object.entries(options).filter(([key, value]) => value != null || !(key in shape))) as T;
}

function checkWorkflowType(options: { workflowType: string } | undefined): void {
  if (typeof options?.workflowType === "string" && options.workflowType !== "") return;
  throw new LearningError("CONFIG_INVALID", {
    received: `workflowType: ${show(options?.workflowType)}`,
    expected: "a name for the kind of work the graph does",
    remedy: 'Pass it, as in wrap(graph, { workflowType: "support" }).',
  });
}
