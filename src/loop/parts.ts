import {
  type Clock,
  defaultLogger,
  type FeedbackRecord,
  harmlessLogger,
  type Logger,
  messageOf,
  systemClock,
  type Trace,
  type TraceSegment,
} from "../core/index.js";
import { isRecord } from "../core/is-object.js";
import { joinSegments } from "../dataset/index.js";
import { FeedbackCollector } from "../feedback/index.js";
import {
  foldersOf,
  type LoopConfig,
  type LoopFolders,
  type ResolvedLoopConfig,
  resolveConfig,
} from "../learning/config.js";
import { LearningEngine } from "../learning/engine.js";
import { expectedReward } from "../learning/expected-reward.js";
import { Knowledge } from "../learning/knowledge.js";
import { openPointBook, type PointBook } from "../learning/points.js";
import { PromptOptimizer } from "../prompts/index.js";
import { openRegistry, type Registry } from "../registry/index.js";
import type { ModeSetting } from "../routing/index.js";
import { createMemoryStore, type DocumentStore, type LearningStore, openFileStore } from "../store/index.js";
import { shapedDocuments } from "../store/shaped-documents.js";
import { WorkflowTracer } from "../tracing/index.js";
import { leastAsked } from "./asking.js";
import { DeclaredGraphs } from "./declared-graphs.js";
import { type LoopTelemetry, openTelemetry } from "./telemetry.js";

/** Modes set by hand, by decision point, as a document of the store. */
export const MODES_KEY = "loop/modes";
export const modesIn = (documents: DocumentStore) => shapedDocuments<Record<string, ModeSetting>>(documents, isRecord);

/** Everything a loop is made of. */
export interface LoopParts {
  config: ResolvedLoopConfig;
  folders: LoopFolders;
  store: LearningStore;
  registry: Registry;
  points: PointBook;
  graphs: DeclaredGraphs;
  clock: Clock;
  logger: Logger;
  knowledge: Knowledge;
  engine: LearningEngine;
  tracer: WorkflowTracer;
  feedback: FeedbackCollector;
  prompts: PromptOptimizer;
  modes: Record<string, ModeSetting>;
  /** Tells OpenTelemetry, where the configuration says so. */
  telemetry: LoopTelemetry | undefined;
  /** On: graphs run bare, nothing is recorded, and the timer starts no cycle. */
  killSwitch: { on: boolean };
  /** Set where the storage cannot be used: why, and what follows from it. */
  unusable?: string;
}

/** Whether the environment turns learning off. */
export const isSwitchedOff = () => process.env.LEARNING_DISABLED === "1";

/**
 * With the kill switch on nothing may keep the host from starting: what cannot be opened as configured is opened over
 * memory, where nothing is recorded, and the status says why.
 */
export async function openPartsAnyway(given: LoopConfig): Promise<LoopParts> {
  try {
    return await openParts(given);
  } catch (error) {
    const { logger, clock } = usable(given);
    const unusable = `learning is switched off, and the loop could not be opened as configured (${messageOf(error)})`;
    logger?.warn(unusable);
    const store = createMemoryStore({ clock });
    return { ...(await openParts({ store, logger, clock, capture: { buffer: { processHooks: false } } })), unusable };
  }
}

/** What of a configuration, which may be no configuration at all, can be used by itself. */
function usable(given: LoopConfig | undefined | null): Pick<LoopConfig, "logger" | "clock"> {
  const one = <K extends "logger" | "clock">(key: K): Pick<LoopConfig, K> => {
    try {
      const part = { [key]: given?.[key] } as Pick<LoopConfig, K>;
      resolveConfig(part);
      return part;
    } catch {
      return {} as Pick<LoopConfig, K>;
    }
  };
  return { ...one("logger"), ...one("clock") };
}

/**
 * Opens all parts of a loop; what was opened is closed again when one of them cannot be.
 * @throws CONFIG_INVALID, CONFIG_UNKNOWN_KEY; STORE_IO when a folder cannot be written
 */
export async function openParts(given: LoopConfig): Promise<LoopParts> {
  const config = resolveConfig(given);
  const folders = foldersOf(config);
  const { clock = systemClock } = config;
  const logger = config.logger ? harmlessLogger(config.logger) : defaultLogger();
  const { store, unusable } = config.store ? { store: config.store } : await openStore(folders, clock, logger);
  let tracer: WorkflowTracer | undefined;
  try {
    const telemetry = config.opentelemetry && (await openTelemetry(config.opentelemetry, store));
    const observer = telemetry && { observer: telemetry };
    tracer = new WorkflowTracer({ store, clock, logger, ...observer, ...config.capture });
    return { ...(await openOver({ config, folders, store, clock, logger, tracer, telemetry })), unusable };
  } catch (error) {
    await tracer?.close().catch(() => undefined);
    if (!config.store) await store.close().catch(() => undefined);
    throw error;
  }
}

/**
 * Ends learning, writes what is buffered, and closes what was opened.
 * @throws STORE_IO when something could not be written; everything is released all the same
 */
export async function closeParts(parts: LoopParts, flush: () => Promise<void>): Promise<void> {
  const { engine, tracer, logger, store, config, telemetry } = parts;
  await engine.close();
  try {
    await flush();
    await telemetry?.settled();
  } finally {
    await tracer.close().catch((error) => logger.error("closing the tracer", { error: messageOf(error) }));
    if (!config.store) await store.close();
  }
}

async function openOver(
  base: Pick<LoopParts, "config" | "folders" | "store" | "clock" | "logger" | "tracer" | "telemetry">,
): Promise<LoopParts> {
  const { config, store, clock, logger, tracer, telemetry } = base;
  const { seed, feedbackRequestThreshold } = config;
  const { documents, blobs } = store;
  const registry = await openRegistry({ documents, blobs, clock, logger });
  const points = await openPointBook(documents);
  const graphs = new DeclaredGraphs(documents, logger);
  const flush = () => tracer.flush();
  const traceOf = async (id: string) => {
    await flush();
    return traceIn(store, id);
  };
  const knowledge = new Knowledge({ config, store, registry, points, clock, logger, flush });
  const feedback = new FeedbackCollector({
    store,
    clock,
    logger,
    knows: (id) => tracer.knows(id),
    flush: () => tracer.flush(),
    identify: (runConfig) => tracer.identify(runConfig),
    leastProbability: async (id) => {
      await tracer.flush();
      return leastAsked(store, id);
    },
    ...(telemetry && { onStored: (record: FeedbackRecord) => telemetry.judged(record) }),
    keptText: (text, field) => tracer.keptText(text, field),
    // To predict takes all facts and the worker, which a host that serves is to be spared.
    expect: (id) =>
      expectedReward(id, {
        engine: config.role === "serve" ? { predictRewards: async () => ({}) } : knowledge,
        config,
        logger,
        traceOf,
      }),
    feedbackRequestThreshold,
    seed,
  });
  const killSwitch = { on: isSwitchedOff() };
  const enabled = () => !killSwitch.on;
  const prompts = await PromptOptimizer.open({
    store,
    registry,
    sink: tracer,
    clock,
    logger,
    seed,
    enabled,
    tenants: config.tenants,
    ask: (promptId, topic, question, signal) => knowledge.askAboutPrompt(promptId, topic, question, signal),
  });
  const engine = await LearningEngine.open({
    ...{ config, knowledge, prompts, store, registry, points, clock, logger, flush, enabled },
    submit: (judgement) => feedback.submitFeedback(judgement),
  });
  const modes = (await modesIn(documents).get(MODES_KEY)) ?? {};
  return { ...base, registry, points, graphs, knowledge, feedback, prompts, engine, modes, killSwitch };
}

/** The files; with the kill switch on, a folder that cannot be used must not keep the host from starting. */
async function openStore(
  folders: LoopFolders,
  clock: Clock,
  logger: Logger,
): Promise<{ store: LearningStore; unusable?: string }> {
  const { traces, feedback, models } = folders;
  try {
    return { store: await openFileStore({ traces, feedback, models, clock, logger }) };
  } catch (error) {
    if (!isSwitchedOff()) throw error;
    const unusable =
      "the storage cannot be used: nothing is stored, and what is set by hand (modes, pins) ends with this process; " +
      `open the loop again once it can be (${messageOf(error)})`;
    logger.warn(unusable);
    return { store: { ...createMemoryStore({ clock }), append: () => Promise.reject(error) }, unusable };
  }
}

/** Everything stored of one run, its segments joined; undefined when there is nothing. */
export async function traceIn(store: LearningStore, workflowId: string): Promise<Trace | undefined> {
  const segments: TraceSegment[] = [];
  for await (const batch of store.read("trace", { workflowId })) segments.push(...batch.facts);
  return segments.length > 0 ? joinSegments(segments) : undefined;
}
