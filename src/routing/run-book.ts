import { type DecisionContext, type EarlierDecisions, Recent } from "../core/index.js";
import { ANYWHERE, type EarlierChoice, noteChoice, pathTo, type RunPlace } from "./path-so-far.js";

/** What a process remembers of a run that makes decisions. Few of each, so lists are searched. */
interface RunEntry {
  /** Ids of its decisions, in order. */
  decisionIds: string[];
  /** The version each decision point began with, and the epoch in which that was noted. */
  versions: { decisionPoint: string; version: string | undefined; epoch: number }[];
  /** What each decision point chose last. */
  choices: EarlierChoice[];
}

/**
 * Remembers the runs in progress, so that a run keeps the policy version it began with and its
 * decisions are numbered. Bounded: runs long untouched are forgotten, and then count as new.
 */
export interface RunBook {
  /**
   * The version a run uses at a decision point: the one in force at its first decision there, unless
   * `epoch` moved on since (a roll-back or a pin, which override, or the end of a run of this id).
   */
  versionOf(workflowId: string, decisionPoint: string, current: string | undefined, epoch: number): string | undefined;
  /** Position of a decision in its run, from 0; the same for the same decision id. */
  positionOf(workflowId: string, decisionId: string): number;
  /** Takes what was decided under a run's id elsewhere, as of so many endings that are known here. */
  restore(workflowId: string, decided: EarlierDecisions, endings: number): void;
  /** Takes what a decision point chose. */
  noteChoice(workflowId: string, choice: EarlierChoice): void;
  /**
   * What other decision points chose earlier in the run, one field for each; undefined where nothing is known. Branches
   * that run at once know nothing of each other.
   */
  pathTo(workflowId: string, decisionPoint: string, place: RunPlace): DecisionContext | undefined;
}

/**
 * An empty book for at least `capacity` runs (default 10,000) and at most twice as many.
 * @example const runs = createRunBook(1000); // one of the `RoutingDeps`
 */
export function createRunBook(capacity = 10_000): RunBook {
  const runs = new Recent<RunEntry>(capacity);
  const entryOf = (workflowId: string): RunEntry => {
    const known = runs.get(workflowId);
    if (known) return known;
    const entry = { decisionIds: [], versions: [], choices: [] };
    runs.set(workflowId, entry);
    return entry;
  };
  return {
    versionOf(workflowId, decisionPoint, current, epoch) {
      const { versions } = entryOf(workflowId);
      const held = versions.find((v) => v.decisionPoint === decisionPoint);
      if (!held) versions.push({ decisionPoint, version: current, epoch });
      else if (held.epoch === epoch) return held.version;
      else Object.assign(held, { version: current, epoch });
      return current;
    },
    positionOf(workflowId, decisionId) {
      const { decisionIds } = entryOf(workflowId);
      const known = decisionIds.indexOf(decisionId);
      return known >= 0 ? known : decisionIds.push(decisionId) - 1;
    },
    restore(workflowId, { decisions, endedAt }, endings) {
      const { decisionIds, choices } = entryOf(workflowId);
      const place = { ...ANYWHERE, endings };
      for (const { decisionId, decisionPoint, chosen, at } of decisions) {
        if (decisionIds.includes(decisionId)) continue;
        decisionIds.push(decisionId);
        if (at > endedAt) noteChoice(choices, { decisionPoint, chosen, place });
      }
    },
    noteChoice: (workflowId, choice) => noteChoice(entryOf(workflowId).choices, choice),
    pathTo: (workflowId, decisionPoint, place) => pathTo(entryOf(workflowId).choices, decisionPoint, place),
  };
}
