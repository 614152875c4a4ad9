import { z } from "zod";
import { type Logger, parseOptions } from "../../core/index.js";
import { isObject } from "../../core/is-object.js";
import { share } from "../../core/option-fields.js";
import { tenantsSchema } from "../../core/tenants.js";
import type { PromptOptimizerOptions } from "./types.js";

const object = <T>(what: string, ...methods: string[]) =>
  z.custom<T>((v) => isObject(v) && methods.every((name) => typeof v[name] === "function"), what);
const fn = <T>() => z.custom<T>((v) => typeof v === "function", "a function").optional();

type Of<K extends keyof PromptOptimizerOptions> = NonNullable<PromptOptimizerOptions[K]>;

const schema = z.strictObject({
  store: object<Of<"store">>("a LearningStore", "read"),
  registry: object<Of<"registry">>("a Registry", "publish", "champion"),
  sink: object<Of<"sink">>("a sink with record and identify", "record", "identify").optional(),
  reward: fn<Of<"reward">>(),
  ask: fn<Of<"ask">>(),
  clock: object<Of<"clock">>("a clock", "now", "monotonic").optional(),
  logger: object<Logger>("a logger with debug, info, warn and error", "debug", "info", "warn", "error").optional(),
  seed: z.number("a number").optional(),
  enabled: fn<Of<"enabled">>(),
  watchShare: share.default(0.05),
  tenants: tenantsSchema.optional(),
});

/** The options, checked and completed. @throws PROMPT_INVALID on what cannot be, CONFIG_UNKNOWN_KEY on a key that does not exist */
export const optimizerSettings = (options: PromptOptimizerOptions) =>
  parseOptions(schema, options, "options of a PromptOptimizer", "PROMPT_INVALID");
