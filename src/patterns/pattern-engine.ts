import { checkArgument } from "../core/arguments.js";
import type { DecisionRow } from "../dataset/index.js";
import { BlameModel, type LabelledFailure } from "./blame.js";
import { DirectlyFollows } from "./directly-follows.js";
import { EventLog } from "./event-log.js";
import { NgramCounts } from "./ngrams.js";
import { type AnalyzedRun, UNITS, type Unit } from "./run-view.js";

/** One workflow type's logs with the counts that are kept current. */
export interface TypeLogs {
  logs: Record<Unit, EventLog>;
  follows: DirectlyFollows;
  ngrams: Record<Unit, NgramCounts>;
}

/** The longest n-grams that are counted. */
export const LONGEST_NGRAM = 5;
/** Replaced and forgotten runs stay in the logs until there are this many more of them than others. */
const MOST_GONE = 1000;

/** What is read of a view. */
const VIEW = { id: "text", workflowType: "text", cases: "object" } as const;

/**
 * What pattern analysis remembers between runs: the runs, their rewards, and counts kept current run by
 * run (directly-follows, variants, n-grams). A run seen again replaces its earlier self. Closed patterns
 * and everything tested are computed from it by `analyzeRuns`.
 * @example
 * ```ts
 * const engine = new PatternEngine();
 * engine.update([viewRun(trace)]);
 * engine.rate(trace.workflowId, 0.9);
 * ```
 */
export class PatternEngine {
  readonly types = new Map<string, TypeLogs>();
  readonly runs = new Map<string, AnalyzedRun>();
  readonly rewards = new Map<string, number>();
  /** Rewards without what was made of duration and cost, where they differ. */
  readonly rewardsApart = new Map<string, number>();
  decisions: readonly DecisionRow[] = [];
  labelled: readonly LabelledFailure[] = [];
  private blame?: { labelled: readonly LabelledFailure[]; model: BlameModel };
  /** Counts every change, so that results can be recognised as current. */
  revision = 0;

  update(views: Iterable<AnalyzedRun>): void {
    checkArgument(views, "views", "iterable", "PATTERN_INVALID");
    for (const view of views) {
      checkArgument(view, "a view", VIEW, "PATTERN_INVALID");
      const known = this.runs.get(view.id);
      if (known && sameView(known, view)) continue;
      this.takeOut(view.id);
      this.runs.set(view.id, view);
      this.count(view);
      this.revision++;
    }
  }

  private count(view: AnalyzedRun): void {
    const type = this.typeLogs(view.workflowType);
    for (const unit of UNITS) type.logs[unit].add([view.cases[unit]]);
  }

  /** Forgets runs (erased, or kept no longer) with their rewards, decisions and labels; unknown ids change nothing. */
  remove(ids: Iterable<string>): void {
    checkArgument(ids, "ids", "iterable", "PATTERN_INVALID");
    const gone = new Set([...ids].filter((id) => this.runs.has(id)));
    if (gone.size === 0) return;
    for (const id of gone) {
      this.takeOut(id);
      this.rewards.delete(id);
      this.rewardsApart.delete(id);
    }
    this.decisions = this.decisions.filter((d) => !gone.has(d.workflowId));
    this.labelled = this.labelled.filter((f) => f.workflowId === undefined || !gone.has(f.workflowId));
    this.revision++;
  }

  private takeOut(id: string): void {
    const known = this.runs.get(id);
    if (!known) return;
    const type = this.typeLogs(known.workflowType);
    for (const unit of UNITS) type.logs[unit].remove(id);
    this.runs.delete(id);
    const { rows, size } = type.logs.nodes;
    if (rows > 2 * size + MOST_GONE) this.recount(known.workflowType);
  }

  /** Counts a type anew from the runs that are left, so that forgotten ones take no memory. */
  private recount(workflowType: string): void {
    this.types.delete(workflowType);
    for (const view of this.runs.values()) if (view.workflowType === workflowType) this.count(view);
  }

  /**
   * Sets or clears the reward of a run.
   * @param apart the same without duration and cost, which correlations with these are judged by
   */
  rate(id: string, reward: number | undefined, apart = reward): void {
    if (this.rewards.get(id) === reward && (this.rewardsApart.get(id) ?? reward) === apart) return;
    set(this.rewards, id, reward);
    set(this.rewardsApart, id, apart === reward ? undefined : apart);
    this.revision++;
  }

  /** Replaces the rated decisions that rules are made of. */
  decide(rows: readonly DecisionRow[]): void {
    this.decisions = rows;
    this.revision++;
  }

  /** Replaces the failures with a known culprit that blame is learned from. */
  label(failures: readonly LabelledFailure[]): void {
    this.labelled = failures;
    this.revision++;
  }

  /** Fitted once to the labelled failures there are. */
  blameModel(): BlameModel {
    if (this.blame?.labelled !== this.labelled)
      this.blame = { labelled: this.labelled, model: new BlameModel(this.labelled) };
    return this.blame.model;
  }

  private typeLogs(workflowType: string): TypeLogs {
    let type = this.types.get(workflowType);
    if (!type) {
      const make = <T>(one: () => T): Record<Unit, T> => ({ nodes: one(), tools: one(), agents: one() });
      type = {
        logs: make(() => new EventLog()),
        follows: new DirectlyFollows(),
        ngrams: make(() => new NgramCounts(LONGEST_NGRAM)),
      };
      type.logs.nodes.attach(type.follows);
      for (const unit of UNITS) type.logs[unit].attach(type.ngrams[unit]);
      this.types.set(workflowType, type);
    }
    return type;
  }
}

function set(map: Map<string, number>, id: string, value: number | undefined): void {
  if (value === undefined) map.delete(id);
  else map.set(id, value);
}

/** Feedback often comes to a run whose trace is as it was: then nothing needs counting again. */
function sameView(a: AnalyzedRun, b: AnalyzedRun): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
