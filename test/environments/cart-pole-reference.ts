import { readFileSync } from "node:fs";

/** An episode as Gymnasium played it: a start, actions, and the single-precision observations that followed. */
export interface ReferenceEpisode {
  start: number[];
  actions: number[];
  observations: number[][];
  /** Whether the last step ended it; otherwise the recording stops there. */
  terminated: boolean;
}

/**
 * Episodes of Gymnasium's own CartPole, recorded by `test/bench/peers/peer_cartpole.py fixture`; the first
 * line of the file says from which version. The benchmark `rl` compares with the installed package.
 */
export function referenceEpisodes(): ReferenceEpisode[] {
  const text = readFileSync(new URL("./cart-pole-reference.jsonl", import.meta.url), "utf8");
  return text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => JSON.parse(line) as ReferenceEpisode);
}
