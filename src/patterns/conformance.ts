import { checkArgument } from "../core/arguments.js";
import type { EventLog } from "./event-log.js";
import type { ProcessMap } from "./process-map.js";

/** What is read of arguments. */
const MAP = { runs: "number", activities: "list", edges: "list", variants: "list" } as const;
const LOG = { activities: "list", variants: "object", variantOf: "object" } as const;

/** What runs are allowed to do: steps from one activity to the next, first and last activities. */
export interface ReferenceModel {
  edges: readonly (readonly [from: string, to: string])[];
  starts: readonly string[];
  ends: readonly string[];
}

/** A place where a run left the map. */
export interface Deviation {
  /** Position in the run of the activity that was not allowed there (its length for a wrong end). */
  position: number;
  kind: "start" | "step" | "end";
  /** Undefined at the start. */
  from?: string;
  /** Undefined at the end. */
  to?: string;
}

/** How many runs follow a reference model, and where the others leave it. */
export interface Conformance {
  runs: number;
  /** Runs without any deviation, and their share. */
  conforming: number;
  fitness: number;
  /** The runs that left the map, with every place. */
  deviating: { id: string; deviations: Deviation[] }[];
  /** How many runs left at each step, the most frequent first. */
  places: { kind: Deviation["kind"]; from?: string; to?: string; runs: number }[];
}

/**
 * The part of a mined map that at least `minShare` of its runs use; what conformance is checked against.
 * @example const reference = referenceOf(map, 0.1); // edges that a tenth of the runs use
 */
export function referenceOf(map: ProcessMap, minShare = 0.05): ReferenceModel {
  checkArgument(map, "map", MAP, "PATTERN_INVALID");
  checkArgument(minShare, "minShare", "number", "PATTERN_INVALID");
  const least = minShare * map.runs;
  return {
    edges: map.edges.filter((e) => e.runs >= least).map((e) => [e.from, e.to] as const),
    starts: map.activities.filter((a) => a.starts > 0 && a.starts >= least).map((a) => a.name),
    ends: map.activities.filter((a) => a.ends > 0 && a.ends >= least).map((a) => a.name),
  };
}

/**
 * Replays every run on a reference model and names the runs that left it, and where.
 * @example
 * ```ts
 * const log = EventLog.from([{ id: "1", type: "support", activities: ["a", "c"] }]);
 * const { fitness, deviating } = checkConformance(log, { starts: ["a"], ends: ["c"], edges: [["a", "b"], ["b", "c"]] });
 * deviating.length; // 1
 * ```
 */
export function checkConformance(log: EventLog, reference: ReferenceModel): Conformance {
  checkArgument(log, "log", LOG, "PATTERN_INVALID");
  checkArgument(reference, "reference", { edges: "lists", starts: "list", ends: "list" }, "PATTERN_INVALID");
  const allowed = new Set(reference.edges.map(([a, b]) => JSON.stringify([a, b])));
  const starts = new Set(reference.starts);
  const ends = new Set(reference.ends);
  const byVariant: (Deviation[] | undefined)[] = [];
  const replay = (v: number): Deviation[] => {
    const names = log.names(log.variants.sequence(v));
    const found: Deviation[] = [];
    if (names.length === 0) return found;
    if (!starts.has(names[0])) found.push({ position: 0, kind: "start", to: names[0] });
    for (let i = 1; i < names.length; i++) {
      const [from, to] = [names[i - 1], names[i]];
      if (!allowed.has(JSON.stringify([from, to]))) found.push({ position: i, kind: "step", from, to });
    }
    const last = names.at(-1) as string;
    if (!ends.has(last)) found.push({ position: names.length, kind: "end", from: last });
    return found;
  };
  const deviating: Conformance["deviating"] = [];
  const places = new Map<string, Conformance["places"][number]>();
  for (let row = 0; row < log.rows; row++) {
    if (!log.alive.at(row)) continue;
    const v = log.variantOf.at(row);
    byVariant[v] ??= replay(v);
    const deviations = byVariant[v];
    if (deviations.length === 0) continue;
    deviating.push({ id: log.ids[row], deviations });
    const seen = new Set<string>();
    for (const { kind, from, to } of deviations) {
      const key = JSON.stringify([kind, from, to]);
      if (seen.has(key)) continue;
      seen.add(key);
      const place = places.get(key) ?? { kind, ...(from && { from }), ...(to && { to }), runs: 0 };
      places.set(key, { ...place, runs: place.runs + 1 });
    }
  }
  const conforming = log.size - deviating.length;
  return {
    runs: log.size,
    conforming,
    fitness: log.size === 0 ? 1 : conforming / log.size,
    deviating,
    places: [...places.values()].sort((a, b) => b.runs - a.runs),
  };
}
