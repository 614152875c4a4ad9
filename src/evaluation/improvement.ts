/** How much better the graph became at one decision point, as measured. */
export interface MeasuredImprovement {
  /** Mean reward of what serves, less that of the fallback, per decision. */
  mean: number;
  lower: number;
  upper: number;
  /** Confidence level of the interval. */
  level: number;
  /** Decisions it rests on. */
  decisions: number;
  /** How it was measured, in a sentence. */
  method: string;
}

/** A version on trial, in the status. */
export interface PointTrial {
  version: string;
  /** Probability with which it is followed where it differs from what serves. */
  share: number;
  /** Its wealth times its stake, and what that must reach for a promotion. */
  evidence: number;
  needed: number;
  /** Mean gain so far, over so many rated runs. */
  gain: number;
  rated: number;
}

/** A destination whose rewards are others than before in like cases: a model was replaced, a service broke. */
export interface DestinationChange {
  destination: string;
  /** ISO time of the first decision that came out otherwise. */
  at: string;
  /** When it was seen. */
  seenAt: string;
  /** By how much its rewards rose (above zero) or fell, beside what was to be expected. */
  shift: number;
  /** Rated decisions since then, when it was seen. */
  decisions: number;
}

/** A change in a sentence. */
export function changeText({ destination, at, shift, decisions }: DestinationChange): string {
  const earns = `earns ${Math.abs(shift).toFixed(2)} ${shift > 0 ? "more" : "less"} than before in like cases`;
  return `${destination} ${earns}, since ${at} (by ${decisions} rated decisions)`;
}

/** What learning determined about a decision point. */
export interface LearnedPoint {
  /** The promoted version, where it cannot be read: the fallback serves until another is proven. */
  unreadable?: { version: string; reason: string };
  /** Decisions, and those of them with a reward, that the last learning cycle found. */
  decisions: number;
  rated: number;
  /** What the gate last said, in a sentence. */
  verdict?: string;
  /** How many more rated decisions the gate thinks it needs; absent when it needs none, or cannot tell. */
  moreDecisionsNeeded?: number;
  /** The interval of that number, which holds the actual one in four of five cases. */
  moreDecisionsInterval?: { lower: number; upper: number };
  /** The version on trial, its share of the decisions where it differs, and its evidence so far. */
  trial?: PointTrial;
  improvement?: MeasuredImprovement;
  /** Destinations that changed, the oldest first: what they earned before no longer teaches. */
  changes?: readonly DestinationChange[];
  /** What of the context is left out of learning or read in its own way, and why: a sentence for each field. */
  fields?: string[];
  /** What makes the figures doubtful (overlap, little data, a reward without signal). */
  warnings?: string[];
}

/** Independent measurements as one: weighted by decisions; the interval by error propagation. */
export function averageImprovement(parts: readonly MeasuredImprovement[]): MeasuredImprovement | undefined {
  const decisions = parts.reduce((n, p) => n + p.decisions, 0);
  if (parts.length <= 1 || decisions === 0) return parts[0];
  const over = (v: (p: MeasuredImprovement) => number) =>
    parts.reduce((s, p) => s + (v(p) * p.decisions) / decisions, 0);
  const mean = over((p) => p.mean);
  const half = (v: (p: MeasuredImprovement) => number) =>
    Math.sqrt(parts.reduce((s, p) => s + ((v(p) * p.decisions) / decisions) ** 2, 0));
  return {
    mean,
    lower: mean - half((p) => p.mean - p.lower),
    upper: mean + half((p) => p.upper - p.mean),
    level: Math.min(...parts.map((p) => p.level)),
    decisions,
    method: `decisions-weighted mean over ${parts.length} decision points, taken as independent; each: ${parts[0]?.method}`,
  };
}
