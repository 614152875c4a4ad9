import { resolve } from "node:path";
import { z } from "zod";
import { type Clock, type Logger, parseOptions } from "../core/index.js";
import { tenantsSchema } from "../core/tenants.js";
import { DEFAULT_REWARD_WEIGHTS, type RewardWeights } from "../dataset/index.js";
import { gateSettingsSchema } from "../evaluation/gate-settings.js";
import { requestOptionsSchema } from "../feedback/ask/request-options.js";
import type { Evaluator } from "../feedback/index.js";
import type { OpenTelemetryOptions } from "../integrations/opentelemetry/options.js";
import type { TextEmbedder } from "../rewards/index.js";
import { checkPath } from "../store/file/path.js";
import type { LearningStore } from "../store/index.js";
import type { TracerOptions } from "../tracing/index.js";
import type { RewardSettings } from "../worker/reward-views.js";

const share = z.number().min(0).max(1);
const withMethods = (names: string[]) => (v: unknown) =>
  typeof v === "object" && v !== null && names.every((n) => typeof (v as Record<string, unknown>)[n] === "function");

const weightNames = Object.keys(DEFAULT_REWARD_WEIGHTS) as (keyof RewardWeights)[];
const rewardWeightsSchema = z
  .partialRecord(z.enum(weightNames as [keyof RewardWeights]), z.number().min(0))
  // A scale of 0 would make a reward of no duration, or no cost, no number.
  .refine((w) => w.latencyHalfMs !== 0, { path: ["latencyHalfMs"], message: "milliseconds above 0" })
  .refine((w) => w.costHalfUsd !== 0, { path: ["costHalfUsd"], message: "dollars above 0" });

/** What traces hold; the tracer checks the values, so that wrapped graphs and the loop agree. */
const captureSchema = z.custom<Omit<TracerOptions, "store" | "clock" | "logger" | "enabled">>(
  (v) => typeof v === "object" && v !== null && !Array.isArray(v),
  "an object with capture options",
);

/** What an alert can be about. */
const ALERT_KINDS = [
  "promoted",
  "rolled-back",
  "waiting",
  "cycle-failed",
  "reward-drifting",
  "destination-failing",
  "destination-changed",
  "budget-passed",
  "records-dropped",
] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

const alertRuleSchema = z
  .strictObject({
    on: z.array(z.enum(ALERT_KINDS)).min(1),
    /** Gets a POST of JSON whose `text` Slack and its like show. */
    webhook: z.url({ protocol: /^https?$/ }).optional(),
    /** Signs the body: header `x-learning-signature: sha256=` and its HMAC in hexadecimal. */
    secret: z.string().min(16).optional(),
    handler: z
      .custom<(alert: { kind: AlertKind; subject: string; text: string; at: string }) => void | Promise<void>>(
        (v) => typeof v === "function",
        "a function",
      )
      .optional(),
  })
  .refine((r) => r.webhook !== undefined || r.handler !== undefined, { message: "a webhook or a handler" });
/** Whom to tell of what. */
export type AlertRule = z.output<typeof alertRuleSchema>;

const evaluatorSchema = z.strictObject({
  /** Names its judgements: they are rated by `evaluator:NAME`. */
  name: z.string().regex(/^[\w.-]{1,60}$/, "1 to 60 letters, digits, dots, dashes or underscores"),
  evaluate: z.custom<Evaluator>((v) => typeof v === "function", "a function of inputs and outputs"),
  /** Share of the runs that nobody judged; default 0.1. */
  share: share.optional(),
  /** Runs within 24 hours; default 100. */
  maxPerDay: z.int().min(1).optional(),
  /** Longest wait for one judgement; default 60,000. */
  timeoutMs: z.number().gt(0).optional(),
});
/** An evaluator that the loop lets judge runs. */
export type EvaluatorSettings = z.output<typeof evaluatorSchema>;

/** Ten years: beyond it, dates of next cycles would soon be none. */
const LONGEST_INTERVAL_MINUTES = 10 * 366 * 24 * 60;

/** The schema of {@link LoopConfig}; each default is written here and nowhere else. */
export const loopConfigSchema = z.object({
  storagePath: z.string().min(1).default("./learning").describe("Folder of everything below"),
  traceStoragePath: z.string().min(1).optional().describe("Folder of traces and decisions (default `traces`)"),
  feedbackStoragePath: z.string().min(1).optional().describe("Folder of feedback (default `feedback`)"),
  modelStoragePath: z
    .string()
    .min(1)
    .optional()
    .describe("Folder of documents and of what was learned (default `models`)"),
  exportPath: z.string().min(1).optional().describe("Folder of exports (default `learning_exports`)"),
  learningIntervalMinutes: z
    .number()
    .gt(0)
    .max(LONGEST_INTERVAL_MINUTES)
    .default(30)
    .describe("Time between learning cycles, at most ten years"),
  learningJitter: share
    .default(0.1)
    .describe("Share by which that time varies, so that processes do not learn at once"),
  minSamplesForLearning: z.number().int().min(1).default(10).describe("Rated decisions before anything is trained"),
  maxLearningCyclesPerDay: z
    .number()
    .int()
    .min(1)
    .default(48)
    .describe("Cycles on the timer within 24 hours, restarts included"),
  enableRlTraining: z
    .boolean()
    .default(true)
    .describe("Whether points that runs pass several times get a policy that looks ahead"),
  enablePatternDiscovery: z.boolean().default(true).describe("Whether patterns are looked for"),
  enablePromptOptimization: z.boolean().default(true).describe("Whether prompt experiments are judged"),
  role: z
    .enum(["both", "serve", "learn"])
    .default("both")
    .describe("`serve`: trains nothing; `learn`: only learns, at once and by itself. For many hosts over one store"),
  enableRewardModel: z.boolean().default(true).describe("Whether unrated runs are predicted"),
  tenants: tenantsSchema
    .default({})
    .describe(
      '`{ north: ["support-north"] }`: whose workflow types and prompts these are; no tenant learns from another\'s',
    ),
  keepVersions: z
    .number()
    .int()
    .min(1)
    .default(20)
    .describe("Versions of each learned artifact that stay; what serves, is pinned or was proven stays besides"),
  learnFromPredictedRewards: z
    .boolean()
    .default(false)
    .describe("Whether unrated runs teach policies; they never prove anything"),
  feedbackRequestThreshold: requestOptionsSchema.shape.feedbackRequestThreshold.describe(
    "Runs with an expected reward above it are worth asking about",
  ),
  batchSize: z.number().int().min(1).max(100_000).default(256).describe("Facts read at once"),
  dataCleanup: z
    .strictObject({ maxAgeDays: z.number().gt(0).optional(), maxBytes: z.number().gt(0).optional() })
    .optional()
    .describe("`{ maxAgeDays, maxBytes }`: whole segments leave by age, then by size"),
  rewardWeights: rewardWeightsSchema
    .optional()
    .describe("How judgements, success, latency and cost make one reward: see `DEFAULT_REWARD_WEIGHTS`"),
  embeddings: z
    .custom<TextEmbedder>(withMethods(["embedDocuments"]), "LangChain Embeddings")
    .optional()
    .describe("LangChain `Embeddings`, by which the reward model also sees what runs say"),
  evaluators: z
    .array(evaluatorSchema)
    .refine((list) => new Set(list.map((e) => e.name)).size === list.length, "evaluators of different names")
    .default([])
    .describe("`{ name, evaluate, share, maxPerDay, timeoutMs }`: who judges runs within a budget, see Feedback"),
  correctRaters: z.boolean().default(true).describe("Whether lenient and harsh raters are evened out"),
  capture: captureSchema.optional().describe("What traces hold: see Capture"),
  opentelemetry: z
    .strictObject({
      tracer: z.custom<OpenTelemetryOptions["tracer"]>(withMethods(["startSpan"]), "a tracer of @opentelemetry/api"),
      meter: z
        .custom<NonNullable<OpenTelemetryOptions["meter"]>>(withMethods(["createHistogram"]), "a meter")
        .optional(),
      logger: z.custom<NonNullable<OpenTelemetryOptions["logger"]>>(withMethods(["emit"]), "a logger").optional(),
      content: z.boolean().optional(),
      agents: z.array(z.string()).optional(),
    })
    .optional()
    .describe("`{ tracer, meter, logger, content, agents }`: spans of runs while they go on, see Integrations"),
  gate: gateSettingsSchema
    .strict()
    .default(gateSettingsSchema.parse({}))
    .describe("How challengers are proven: see How it decides"),
  workerPath: z
    .custom<string | URL>((v) => (typeof v === "string" && v !== "") || v instanceof URL, "a path or a file URL")
    .optional()
    .describe("File of the learning thread, where a bundle has moved it"),
  alerts: z
    .array(alertRuleSchema)
    .default([])
    .describe("Whom to tell at once of what: `{ on, webhook or handler, secret }`; each cause at most once an hour"),
  orchestrator: z
    .custom<object>(
      (v) => withMethods(["invoke"])(v) || withMethods(["compile"])(v),
      "a Sentinel, compiled or not, or a compiled graph",
    )
    .optional()
    .describe("A Sentinel, or a compiled graph, that is to learn here"),
  seed: z.number().int().default(1).describe("Same seed and same data give the same result"),
  logger: z
    .custom<Logger>(withMethods(["debug", "info", "warn", "error"]), "a logger with debug, info, warn and error")
    .optional()
    .describe("An object with debug, info, warn and error (default: warnings and errors on stderr, each kind once)"),
  clock: z
    .custom<Clock>(withMethods(["now", "monotonic", "schedule"]), "a clock with now, monotonic and schedule")
    .optional()
    .describe("An object with now, monotonic and schedule (default: the machine's)"),
  store: z
    .custom<LearningStore>(withMethods(["append", "read", "close"]), "a LearningStore")
    .optional()
    .describe("A `LearningStore` of your own (default: files)"),
});

const PATHS = ["storagePath", "traceStoragePath", "feedbackStoragePath", "modelStoragePath", "exportPath"] as const;

/** Everything `CollectiveLearningLoop.open` takes; see the page Configuration. */
export type LoopConfig = z.input<typeof loopConfigSchema>;
/** A configuration with its defaults filled in. */
export type ResolvedLoopConfig = z.output<typeof loopConfigSchema>;

/** The folders of a configuration, absolute. */
export interface LoopFolders {
  traces: string;
  feedback: string;
  models: string;
  exports: string;
}

/** Validates a configuration; CONFIG_INVALID or CONFIG_UNKNOWN_KEY name what is wrong. */
export function resolveConfig(config: LoopConfig): ResolvedLoopConfig {
  const resolved = parseOptions(loopConfigSchema, config, "the loop's configuration");
  for (const name of PATHS) if (resolved[name] !== undefined) checkPath(resolved[name], name);
  return resolved;
}

/** Where a configuration keeps its data: a path that is not given stands under `storagePath`. */
export function foldersOf(config: ResolvedLoopConfig): LoopFolders {
  const at = (given: string | undefined, name: string) => (given ? resolve(given) : resolve(config.storagePath, name));
  return {
    traces: at(config.traceStoragePath, "traces"),
    feedback: at(config.feedbackStoragePath, "feedback"),
    models: at(config.modelStoragePath, "models"),
    exports: at(config.exportPath, "learning_exports"),
  };
}

/** How the worker composes rewards under a configuration. */
export function rewardSettingsOf(config: ResolvedLoopConfig): RewardSettings {
  return { weights: config.rewardWeights, correctRaters: config.correctRaters };
}
