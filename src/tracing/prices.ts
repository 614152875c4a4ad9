/** Price of a model in US dollars per million tokens. */
export interface ModelPrice {
  input: number;
  output: number;
  /** Of input tokens served from the provider's cache (default: the input price). */
  cachedInput?: number;
}

/** Prices by model name; a key matches itself and names that continue it (`gpt-4o` also `gpt-4o-2024-08-06`). */
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
  "gpt-5-mini": { input: 0.25, output: 2, cachedInput: 0.025 },
  "gpt-5-nano": { input: 0.05, output: 0.4, cachedInput: 0.005 },
  o3: { input: 2, output: 8, cachedInput: 0.5 },
  "o4-mini": { input: 1.1, output: 4.4, cachedInput: 0.275 },
  "claude-3-5-haiku": { input: 0.8, output: 4, cachedInput: 0.08 },
  "claude-haiku-4-5": { input: 1, output: 5, cachedInput: 0.1 },
  "claude-sonnet-4": { input: 3, output: 15, cachedInput: 0.3 },
  "claude-opus-4": { input: 15, output: 75, cachedInput: 1.5 },
  "gemini-2.5-pro": { input: 1.25, output: 10, cachedInput: 0.31 },
  "gemini-2.5-flash": { input: 0.3, output: 2.5, cachedInput: 0.075 },
  "gemini-2.5-flash-lite": { input: 0.1, output: 0.4, cachedInput: 0.025 },
};

/** Cost of a call in US dollars; undefined when the model is not in the table. */
export function costOf(
  prices: PriceTable,
  model: string | undefined,
  tokens: { in: number; out: number; cached: number },
): number | undefined {
  if (model === undefined) return undefined;
  const price = prices[model] ?? prices[longestPrefix(prices, model) ?? ""];
  if (price === undefined) return undefined;
  const fresh = Math.max(0, tokens.in - tokens.cached);
  const cached = Math.min(tokens.in, tokens.cached);
  return (fresh * price.input + cached * (price.cachedInput ?? price.input) + tokens.out * price.output) / 1e6;
}

function longestPrefix(prices: PriceTable, model: string): string | undefined {
  let best: string | undefined;
  for (const name of Object.keys(prices))
    if (model.startsWith(`${name}-`) && name.length > (best?.length ?? 0)) best = name;
  return best;
}
