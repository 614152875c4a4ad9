import type { FeedbackRecord } from "../../core/index.js";

/** What a score of another tool under one key means. */
export interface ScoreMeaning {
  /**
   * `rating`: a named rating in [0,1]; `outcome`: the measured result of the run, in [0,1]; `cat`: a CAT score of 1
   * to 10; `thumb`: up from the middle of the scale on; `comment`: only its text counts.
   */
  as: "rating" | "outcome" | "cat" | "thumb" | "comment";
  /** Name of the rating, or of the CAT dimension (a CAT meaning without it is the overall score). Default: the key. */
  name?: string;
  /** Worst and best score, in this order: `[1, 5]` for stars, `[1, 0]` where 1 is bad. Default `[0, 1]`. */
  scale?: readonly [worst: number, best: number];
  /** For categories: the score of each value, on the scale. */
  values?: Readonly<Record<string, number>>;
  /** Who judged. Default: what the tool says (LangSmith: `model` and `auto_eval` are evaluators, the rest people). */
  source?: FeedbackRecord["source"];
  /** The evaluator's name, where it is one. Default: the key. */
  evaluator?: string;
}

/** The meaning of each key. A score under a key that is not named is not taken: its scale cannot be known. */
export type ScoreMeanings = Readonly<Record<string, ScoreMeaning>>;

/** A score as it stands elsewhere. */
interface ForeignScore {
  key: string;
  score?: unknown;
  /** A category. */
  value?: unknown;
}

/** What a judgement says. */
export type ScoreContent = Pick<FeedbackRecord, "cat" | "ratings" | "thumbs" | "outcome">;

/** What a judgement says, under its meaning; undefined where it cannot be told, which is noted. */
export function scoreContentOf(
  { key, score, value }: ForeignScore,
  meaning: ScoreMeaning | undefined,
  note: (reason: string) => void,
): ScoreContent | undefined {
  if (typeof score === "boolean" && !meaning) return { thumbs: score ? "up" : "down" };
  const given = typeof score === "boolean" ? Number(score) : typeof score === "number" ? score : undefined;
  const mapped =
    given ??
    (typeof value === "string" && meaning?.values && Object.hasOwn(meaning.values, value)
      ? meaning.values[value]
      : undefined);
  if (mapped === undefined) {
    if (score !== undefined && score !== null) note(`no number under ${JSON.stringify(key)}`);
    else if (value !== undefined && value !== null) note(`a value without a score under ${JSON.stringify(key)}`);
    return undefined;
  }
  if (!meaning) return void note(`no meaning was given for ${JSON.stringify(key)}`);
  if (meaning.as === "comment") return undefined;
  const [worst, best] = meaning.scale ?? [0, 1];
  // Adding 0 makes the -0 of a reversed scale 0.
  const share = (mapped - worst) / (best - worst) + 0;
  if (!(share >= 0 && share <= 1)) return void note(`a score off its scale under ${JSON.stringify(key)}`);
  const name = meaning.name ?? key;
  if (meaning.as === "outcome") return { outcome: share };
  if (meaning.as === "thumb") return { thumbs: share >= 0.5 ? "up" : "down" };
  if (meaning.as === "cat") {
    const points = 1 + 9 * share;
    return { cat: { score: points, dimensions: meaning.name === undefined ? {} : { [name]: points } } };
  }
  if (name === "" || name === "__proto__") return void note(`no name for the rating under ${JSON.stringify(key)}`);
  return { ratings: { [name]: share } };
}
