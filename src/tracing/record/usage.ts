import { isObject } from "../../core/is-object.js";
import { fieldOf, ownField } from "../../core/own-fields.js";

/** Tokens of one call as the provider tells them; what it does not tell is undefined. */
export interface TokenUsage {
  /** All that was read, cached tokens included. */
  tokensIn: number | undefined;
  /** All that was written, reasoning included. */
  tokensOut: number | undefined;
  /** Among those read: from the provider's cache, and written to it. */
  tokensCached: number | undefined;
  tokensCacheWrite: number | undefined;
}

const UNKNOWN: TokenUsage = {
  tokensIn: undefined,
  tokensOut: undefined,
  tokensCached: undefined,
  tokensCacheWrite: undefined,
};

/** How providers and adapters name the same counts. */
const NAMES = {
  in: ["input_tokens", "inputTokens", "prompt_tokens", "promptTokens", "promptTokenCount", "prompt_eval_count"],
  out: ["output_tokens", "outputTokens", "completion_tokens", "completionTokens", "candidatesTokenCount", "eval_count"],
  total: ["total_tokens", "totalTokens", "totalTokenCount"],
  cached: [
    "cache_read_input_tokens",
    "cacheReadInputTokens",
    "cacheReadInputTokenCount",
    "cachedContentTokenCount",
    "prompt_cache_hit_tokens",
    "cachedInputTokens",
  ],
  written: ["cache_creation_input_tokens", "cacheWriteInputTokens", "cacheWriteInputTokenCount"],
  thoughts: ["thoughtsTokenCount"],
  /** What a provider's own tools gave the model to read, beside the prompt. */
  toolUse: ["toolUsePromptTokenCount"],
} as const;

/** Counts that come beside those read, where the provider bills them so (Anthropic, Bedrock). */
const ADDITIVE = new Set<string>([
  "cache_read_input_tokens",
  "cacheReadInputTokens",
  "cacheReadInputTokenCount",
  "cache_creation_input_tokens",
  "cacheWriteInputTokens",
  "cacheWriteInputTokenCount",
]);

/** What a model's answer (LangChain's LLMResult) says of its tokens, and of the model that gave it. */
export function usageOf(output: unknown): { usage: TokenUsage; model: string | undefined } {
  const message = messageIn(output);
  const answer = record(message && fieldOf(message, "response_metadata"));
  const older = record(isObject(output) && fieldOf(output, "llmOutput"));
  const model = [
    ...["model_name", "model", "modelId", "model_id", "modelVersion", "model_version"].map((key) => answer[key]),
    ...["model_name", "modelName", "model"].map((key) => older[key]),
  ].find(isText);
  // What LangChain makes of it is preferred; the provider's own words tell how it counted.
  const raw = [answer.usage, answer.tokenUsage, answer.token_usage, answer.usageMetadata, answer.usage_metadata];
  const given = [
    message && fieldOf(message, "usage_metadata"),
    ...raw,
    answer,
    older.tokenUsage,
    older.token_usage,
    older.usage,
    older.usageMetadata,
    older.estimatedTokenUsage,
  ];
  const own = raw.map(record).find((r) => first(r, NAMES.in) !== undefined);
  for (const counts of given) {
    const usage = isObject(counts) ? readCounts(record(counts), own) : UNKNOWN;
    if (usage.tokensIn !== undefined || usage.tokensOut !== undefined) return { usage, model };
  }
  return { usage: UNKNOWN, model };
}

/**
 * The counts of one record. Where tokens of a cache stand beside those read, or reasoning beside those written, they
 * are added: the sums tell, and where they do not, the provider's own record.
 */
function readCounts(counts: Fields, own: Fields | undefined): TokenUsage {
  const { prompt_tokens_details, input_tokens_details, input_token_details } = counts;
  const details: Fields = Object.assign(
    {},
    ...[prompt_tokens_details, input_tokens_details, input_token_details].map(record),
  );
  const cached = first(details, ["cache_read", "cached_tokens"]) ?? first(counts, NAMES.cached);
  const written = first(details, ["cache_creation"]) ?? first(counts, NAMES.written);
  const besides = (cached ?? 0) + (written ?? 0);
  const given = first(counts, NAMES.in);
  // Adapters write zeros where the provider said nothing: no call reads nothing, but all of it may come from a cache.
  const read = given || besides > 0 ? plus(given, first(counts, NAMES.toolUse)) : undefined;
  const wrote = first(counts, NAMES.out) ?? (first(counts, NAMES.thoughts) === undefined ? undefined : 0);
  if (read === undefined && !wrote) return UNKNOWN;
  const total = first(counts, NAMES.total);
  const rest = total === undefined ? 0 : total - (read ?? 0) - (wrote ?? 0);
  const isBeside =
    besides > 0 && (rest === besides || besides > (read ?? 0) || countsBeside(counts, read) || countsBeside(own, read));
  const reasoning = first(counts, NAMES.thoughts) ?? (isBeside ? rest - besides : rest);
  return {
    tokensIn: read === undefined ? undefined : read + (isBeside ? besides : 0),
    tokensOut: wrote === undefined ? undefined : wrote + Math.max(0, reasoning),
    tokensCached: cached,
    tokensCacheWrite: written,
  };
}

function plus(count: number | undefined, more = 0): number | undefined {
  return count === undefined ? undefined : count + more;
}

/** Whether a provider's own record names cached tokens beside as many as were said to be read. */
function countsBeside(own: Fields | undefined, read: number | undefined): boolean {
  if (!own || first(own, NAMES.in) !== read) return false;
  return Object.keys(own).some((key) => ADDITIVE.has(key) && Number(own[key]) > 0);
}

type Fields = Record<string, unknown>;

/** The own data of an object; empty for anything else. */
function record(value: unknown): Fields {
  if (!isObject(value)) return {};
  const fields: Fields = {};
  for (const key of Object.keys(value)) fields[key] = ownField(value, key);
  return fields;
}

function first(fields: Fields, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = fields[name];
    // An infinite or absurd count would cost the whole run its trace.
    if (typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return Math.round(value);
  }
  return undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function messageIn(output: unknown): object | undefined {
  const generations = isObject(output) ? fieldOf(output, "generations") : undefined;
  const generation = Array.isArray(generations) && Array.isArray(generations[0]) ? generations[0][0] : undefined;
  const message = isObject(generation) ? fieldOf(generation, "message") : undefined;
  return isObject(message) ? message : undefined;
}
