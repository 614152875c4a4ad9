/** Price of a model in US dollars per million tokens. */
export interface ModelPrice {
  input: number;
  output: number;
  /** Of input tokens served from the provider's cache (default: the input price). */
  cachedInput?: number;
  /** Of input tokens written to the provider's cache (default: the input price). */
  cacheWrite?: number;
}

/**
 * Prices by model name. A key matches itself, its dated or numbered snapshots (`gpt-4o` also `gpt-4o-2024-08-06`
 * and `gpt-4o-latest`), and both below a provider's prefix (`openai/gpt-4o`, `us.anthropic.claude-…-v1:0`). Other
 * longer names are other models with prices of their own (`gpt-4o` is not `gpt-4o-mini`).
 */
export type PriceTable = Readonly<Record<string, ModelPrice>>;

/**
 * List prices of common models as published by their providers in 2025, in US dollars per million tokens. They
 * age: give your own table where cost matters.
 */
export const DEFAULT_PRICES: PriceTable = {
  "gpt-4o": { input: 2.5, output: 10, cachedInput: 1.25 },
  "gpt-4o-mini": { input: 0.15, output: 0.6, cachedInput: 0.075 },
  "gpt-4.1": { input: 2, output: 8, cachedInput: 0.5 },
  "gpt-4.1-mini": { input: 0.4, output: 1.6, cachedInput: 0.1 },
  "gpt-4.1-nano": { input: 0.1, output: 0.4, cachedInput: 0.025 },
  "gpt-5": { input: 1.25, output: 10, cachedInput: 0.125 },
  "gpt-5-codex": { input: 1.25, output: 10, cachedInput: 0.125 },
  "gpt-5-pro": { input: 15, output: 120 },
  "gpt-5.1": { input: 1.25, output: 10, cachedInput: 0.125 },
  "gpt-5-mini": { input: 0.25, output: 2, cachedInput: 0.025 },
  "gpt-5-nano": { input: 0.05, output: 0.4, cachedInput: 0.005 },
  o3: { input: 2, output: 8, cachedInput: 0.5 },
  "o3-mini": { input: 1.1, output: 4.4, cachedInput: 0.55 },
  "o3-pro": { input: 20, output: 80 },
  "o4-mini": { input: 1.1, output: 4.4, cachedInput: 0.275 },
  "claude-3-5-haiku": { input: 0.8, output: 4, cachedInput: 0.08, cacheWrite: 1 },
  "claude-3-7-sonnet": { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75 },
  "claude-haiku-4-5": { input: 1, output: 5, cachedInput: 0.1, cacheWrite: 1.25 },
  "claude-sonnet-4": { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75 },
  "claude-sonnet-4-5": { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75 },
  "claude-opus-4": { input: 15, output: 75, cachedInput: 1.5, cacheWrite: 18.75 },
  "claude-opus-4-1": { input: 15, output: 75, cachedInput: 1.5, cacheWrite: 18.75 },
  "claude-opus-4-5": { input: 5, output: 25, cachedInput: 0.5, cacheWrite: 6.25 },
  "gemini-2.5-pro": { input: 1.25, output: 10, cachedInput: 0.125 },
  "gemini-2.5-flash": { input: 0.3, output: 2.5, cachedInput: 0.03 },
  "gemini-2.5-flash-lite": { input: 0.1, output: 0.4, cachedInput: 0.01 },
};

/** Tokens of one call: those read, with the cached and the cache-writing ones among them, and those written. */
export interface TokenCounts {
  tokensIn?: number;
  tokensOut?: number;
  tokensCached?: number;
  tokensCacheWrite?: number;
}

/** Cost of a call in US dollars; undefined when the model is not in the table, or what was read or written is unknown. */
export function costOf(prices: PriceTable, model: string | undefined, tokens: TokenCounts): number | undefined {
  const { tokensIn, tokensOut, tokensCached = 0, tokensCacheWrite = 0 } = tokens;
  const price = model === undefined ? undefined : priceOf(prices, model);
  if (price === undefined || tokensIn === undefined || tokensOut === undefined) return undefined;
  const cached = Math.min(tokensIn, tokensCached);
  const written = Math.min(tokensIn - cached, tokensCacheWrite);
  const input =
    (tokensIn - cached - written) * price.input +
    cached * (price.cachedInput ?? price.input) +
    written * (price.cacheWrite ?? price.input);
  return (input + tokensOut * price.output) / 1e6;
}

/** What follows a model's name where only its snapshot is named: a date, a number, `latest`, `preview`, a revision. */
const SNAPSHOT =
  /^(?:[-@](?:\d{4}-?\d\d-?\d\d|\d{2,4}(?:-\d{2})?|latest|preview(?:-\d\d-\d{2,4})?))*(?:-v\d+)?(?::\d+)?$/;

function priceOf(prices: PriceTable, model: string): ModelPrice | undefined {
  if (Object.hasOwn(prices, model)) return prices[model];
  // OpenRouter writes claude-sonnet-4.5 where its provider writes claude-sonnet-4-5.
  const name = model.replace(/^(.*\/)?(claude-[a-z0-9.-]+)$/, (whole) => whole.replace(/(\d)\.(\d)/g, "$1-$2"));
  const bare = name.replace(/^.*\//, "").replace(/^(?:[a-z]+\.)?(?:anthropic|amazon|meta|mistral)\./, "");
  let best: string | undefined;
  for (const known of Object.keys(prices))
    if (bare.startsWith(known) && SNAPSHOT.test(bare.slice(known.length)) && known.length > (best?.length ?? 0))
      best = known;
  return best === undefined ? undefined : prices[best];
}
