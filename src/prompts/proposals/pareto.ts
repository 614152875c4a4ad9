import { checkArgument } from "../../core/arguments.js";
import { drawIndex, type Rng } from "../../math/rng.js";

/** What is read of arguments. */
const RNG = { next: "function" } as const;

/**
 * Draws a candidate from the Pareto front over segments in the manner of GEPA (Agrawal et al., 2025): of the
 * candidates that are best in some segment, those dominated by another of them are left out, and the rest
 * are drawn in proportion to the number of segments they lead.
 * @param scores per candidate the mean score in each segment, aligned
 * @example drawFromFront([[0.9, 0.8], [0.1, 0.2]], createRng(1)); // 0
 */
export function drawFromFront(scores: readonly (readonly number[])[], rng: Rng): number {
  checkArgument(scores, "scores", "lists", "PROMPT_INVALID");
  checkArgument(rng, "rng", RNG, "PROMPT_INVALID");
  const front = paretoFront(scores);
  const total = front.reduce((s, f) => s + f.leads, 0);
  const drawn = drawIndex(
    front.map((f) => f.leads / total),
    rng.next(),
  );
  return front[drawn].candidate;
}

/**
 * The front, with the number of segments each member leads.
 * @example paretoFront([[0.9, 0.1], [0.2, 0.8], [0.1, 0.1]]); // [{ candidate: 0, leads: 1 }, { candidate: 1, leads: 1 }]
 */
export function paretoFront(scores: readonly (readonly number[])[]): { candidate: number; leads: number }[] {
  checkArgument(scores, "scores", "lists", "PROMPT_INVALID");
  const segments = scores[0]?.length ?? 0;
  const leads = scores.map(() => 0);
  for (let s = 0; s < segments; s++) {
    const best = Math.max(...scores.map((row) => row[s]));
    for (const [c, row] of scores.entries()) if (row[s] === best) leads[c] = leads[c] + 1;
  }
  const leaders = leads.flatMap((n, candidate) => (n > 0 ? [{ candidate, leads: n }] : []));
  const dominates = (a: number, b: number) => {
    const [x, y] = [scores[a], scores[b]];
    return x.every((v, s) => v >= y[s]) && x.some((v, s) => v > y[s]);
  };
  return leaders.filter((l) => !leaders.some((o) => o !== l && dominates(o.candidate, l.candidate)));
}
