/** What one prompt offers: the expected reward of each model as a router sees it, and what each would have earned. */
export interface Offer {
  predicted: ArrayLike<number>;
  rewards: readonly number[];
}

/** Mean price and mean reward of one way to route. */
export interface OperatingPoint {
  cost: number;
  quality: number;
}

const WEIGHTS_TRIED = 200;

/**
 * Cost and quality of sending each prompt where predicted reward less `weight` times price is highest, for weights
 * from so high that the cheapest model gets all down to zero (the willingness to pay of Hu et al., 2024, inverted).
 * The cheapest point comes first.
 */
export function operatingPoints(offers: readonly Offer[], prices: readonly number[]): OperatingPoint[] {
  const weightOf = turningWeights(offers, prices);
  return Array.from({ length: WEIGHTS_TRIED + 1 }, (_, k) => routed(offers, prices, weightOf(1 - k / WEIGHTS_TRIED)));
}

/** Weights at which some prompt changes its model, by quantile; 0 gives weight 0, 1 one that beats every difference. */
function turningWeights(offers: readonly Offer[], prices: readonly number[]): (q: number) => number {
  const turns: number[] = [0];
  for (const { predicted } of offers)
    for (const [a, dear] of prices.entries())
      for (const [b, cheap] of prices.entries()) {
        const gain = (predicted[a] ?? 0) - (predicted[b] ?? 0);
        if (dear > cheap && gain > 0) turns.push(gain / (dear - cheap));
      }
  turns.sort((x, y) => x - y);
  return (q) => (q >= 1 ? 2 * (turns.at(-1) ?? 0) + 1 : (turns[Math.floor(q * turns.length)] ?? 0));
}

function routed(offers: readonly Offer[], prices: readonly number[], weight: number): OperatingPoint {
  let cost = 0;
  let quality = 0;
  for (const { predicted, rewards } of offers) {
    const worth = prices.map((price, k) => (predicted[k] ?? 0) - weight * price);
    const chosen = worth.indexOf(Math.max(...worth));
    cost += (prices[chosen] ?? 0) / offers.length;
    quality += (rewards[chosen] ?? 0) / offers.length;
  }
  return { cost, quality };
}

/**
 * Mean quality over all budgets from the cheapest model's price to the dearest one's: the area under the curve of Hu et
 * al. (2024), divided by its width. Between two points prompts are mixed at random; beyond the last nothing more is spent.
 * No point is left out for what it turned out to earn, unlike in the paper's convex hull.
 * @param points by rising cost, the first at the cheapest price
 */
export function areaUnderCurve(points: readonly OperatingPoint[], prices: readonly number[]): number {
  const [low, high] = [Math.min(...prices), Math.max(...prices)];
  let area = 0;
  let last = points[0];
  if (!last) return Number.NaN;
  for (const point of points) {
    area += (Math.max(0, point.cost - last.cost) * (point.quality + last.quality)) / 2;
    if (point.cost >= last.cost) last = point;
  }
  return (area + Math.max(0, high - last.cost) * last.quality) / (high - low);
}

/**
 * Without looking at a prompt: of the models by their mean rewards in training, those on the upper hull of quality over
 * price (the "zero router"), with the rewards they then earn. `mixed` mixes neighbours at random; otherwise a budget
 * buys the best single model within it.
 */
export function blindArea(
  known: readonly number[],
  earned: readonly number[],
  prices: readonly number[],
  mixed: boolean,
): number {
  const order = prices.map((_, k) => k).sort((a, b) => prices[a]! - prices[b]! || known[b]! - known[a]!);
  const better: number[] = [];
  for (const k of order) if (better.length === 0 || known[k]! > known[better.at(-1)!]!) better.push(k);
  const kept = better.filter((k) => !mixed || onHull(k, better, known, prices));
  const point = (k: number) => ({ cost: prices[k]!, quality: earned[k]! });
  // A step is two points at one price.
  const steps = kept.flatMap((k, i) =>
    (i > 0 && !mixed ? [{ ...point(kept[i - 1]!), cost: prices[k]! }] : []).concat(point(k)),
  );
  return areaUnderCurve(steps, prices);
}

function onHull(k: number, ks: readonly number[], known: readonly number[], prices: readonly number[]): boolean {
  return !ks.some((a) =>
    ks.some((b) => {
      if (!(prices[a]! < prices[k]! && prices[k]! < prices[b]!)) return false;
      const share = (prices[k]! - prices[a]!) / (prices[b]! - prices[a]!);
      return known[a]! + share * (known[b]! - known[a]!) > known[k]!;
    }),
  );
}
