import { placesBy } from "../core/places-by.js";
import type { PolicyRow } from "./routing-policy.js";

/** What one peer saw of a destination once. */
export interface PeerRow {
  chosen: string;
  /** In [0,1]. */
  reward: number;
  /** Probability with which it was chosen: rows count by its inverse, or a destination would be judged by the cases it was meant for. */
  propensity: number;
}

/** How far what peers know of destinations holds for one more of them. */
export interface Kinship {
  /** Peers it was read from. */
  peers: number;
  /** Of the variance between destinations the share that all peers have in common, in (0,1]. */
  share: number;
  /** Own rows of a destination that all that peers know of it is worth. */
  rows: number;
}

/** A destination of a peer says something from so many rows on. */
const LEAST_ROWS = 4;
/** What is common must be so many standard errors away from what chance makes. */
const CLEAR = 2;
/** Variance between destinations that is worth to be known: a hundredth of the reward. */
const LEAST_COMMON = 0.0001;
/** Variance between peers that is always allowed for: no peer is the same world to the digit. */
const LEAST_VARIANCE = 0.001;

/** Rows of one destination at one peer. */
interface Cell {
  mean: number;
  /** Rows that it is worth (Kish's effective sample size). */
  rows: number;
  squares: number;
}
type Peer = ReadonlyMap<string, Cell>;

/**
 * Whether peers have in common which destination is better, and how much of it (empirical Bayes; the components of
 * variance by moments, as in DerSimonian and Laird 1986). A destination's mean reward at a peer is the peer's level, what
 * the destination is worth everywhere, what it is worth there beyond that, and chance. Products of different peers hold the
 * common part alone; squares hold all, of which chance is known. One more peer then knows as much of a destination as by
 * `noise / variance between peers` rows of its own, where a standard error is added to that variance: few peers with few
 * rows can look more alike than they are, and a foreign one pays for it.
 * @returns undefined where peers are too few, or have no more in common than by chance
 * @example
 * kinshipOf([rowsOfParis, rowsOfLyon, rowsOfLille, rowsOfNantes]); // { peers: 4, share: 0.6, rows: 8.1 }
 */
export function kinshipOf(peers: readonly (readonly PeerRow[])[]): Kinship | undefined {
  const cells = peers.map(cellsOf).filter((peer) => peer.size >= 2);
  const noise = noiseOf(cells);
  let [common, pairs, squares, chance, ways] = [0, 0, 0, 0, 0];
  cells.forEach((peer, p) => {
    const names = [...peer.keys()];
    squares += product(peer, peer, names);
    chance += (1 - 1 / names.length) * names.reduce((sum, name) => sum + noise / (peer.get(name)?.rows ?? 1), 0);
    ways += names.length - 1;
    for (const other of cells.slice(0, p)) {
      const both = names.filter((name) => other.has(name));
      if (both.length < 2) continue;
      common += product(peer, other, both);
      pairs += both.length - 1;
    }
  });
  if (pairs === 0) return undefined;
  const shared = common / pairs;
  // Of strangers a product is as large as a square, and of either sign.
  const clear = (shared * Math.sqrt(pairs)) / (squares / ways);
  if (!(shared > LEAST_COMMON && clear >= CLEAR)) return undefined;
  const all = (squares - chance) / ways;
  const share = shared / Math.max(all, shared);
  const apart = Math.max(LEAST_VARIANCE, all - shared) + Math.sqrt(2 / ways) * (squares / ways);
  return { peers: cells.length, share, rows: noise / (apart * (1 + 1 / cells.length)) };
}

/** Rows of peers at the weight that makes all of one destination worth what the kinship says. */
export function worth(rows: readonly PolicyRow[], { rows: whole }: Kinship): PolicyRow[] {
  const nameOf = ({ candidates, chosen }: PolicyRow) => candidates[chosen] ?? "";
  const places = placesBy(rows, nameOf);
  return rows.map((row) => ({ ...row, weight: Math.min(1, whole / (places.get(nameOf(row))?.length ?? 1)) }));
}

/** Destinations with enough rows. */
function cellsOf(rows: readonly PeerRow[]): Peer {
  const sums = new Map<string, { weight: number; squares: number; sum: number; squared: number }>();
  for (const { chosen, reward, propensity } of rows) {
    const sum = sums.get(chosen) ?? { weight: 0, squares: 0, sum: 0, squared: 0 };
    const weight = 1 / propensity;
    sum.weight += weight;
    sum.squares += weight ** 2;
    sum.sum += weight * reward;
    sum.squared += weight * reward ** 2;
    sums.set(chosen, sum);
  }
  const cells = [...sums].map(([name, of]): [string, Cell] => {
    const [mean, effective] = [of.sum / of.weight, of.weight ** 2 / of.squares];
    return [name, { mean, rows: effective, squares: effective * (of.squared / of.weight - mean ** 2) }];
  });
  return new Map(cells.filter(([, cell]) => cell.rows >= LEAST_ROWS));
}

/** Variance of a reward within a destination of a peer. */
function noiseOf(peers: readonly Peer[]): number {
  const cells = peers.flatMap((peer) => [...peer.values()]);
  const free = cells.reduce((sum, { rows }) => sum + rows - 1, 0);
  return free > 0 ? Math.max(0, cells.reduce((sum, { squares }) => sum + squares, 0) / free) : 0;
}

/** Product of two peers' differences from their own levels, over the destinations of both. */
function product(a: Peer, b: Peer, names: readonly string[]): number {
  const level = (peer: Peer) => names.reduce((sum, name) => sum + (peer.get(name)?.mean ?? 0), 0) / names.length;
  const [levelOfA, levelOfB] = [level(a), level(b)];
  return names.reduce(
    (sum, name) => sum + ((a.get(name)?.mean ?? 0) - levelOfA) * ((b.get(name)?.mean ?? 0) - levelOfB),
    0,
  );
}
