import type { DecisionRow } from "../dataset/index.js";
import { BlameModel, type LabelledFailure } from "./blame.js";
import { DirectlyFollows } from "./directly-follows.js";
import { EventLog } from "./event-log.js";
import { NgramCounts } from "./ngrams.js";
import { type RunView, UNITS, type Unit } from "./run-view.js";

/** One workflow type's logs with the counts that are kept current. */
export interface TypeLogs {
  logs: Record<Unit, EventLog>;
  follows: DirectlyFollows;
  ngrams: Record<Unit, NgramCounts>;
}

export const LONGEST_NGRAM = 5;

/**
 * What pattern analysis remembers between runs: the runs, their rewards, and counts kept current run by
 * run (directly-follows, variants, n-grams). A run seen again replaces its earlier self. Closed patterns
 * and everything tested are computed from it by `analyzeRuns`.
 */
export class PatternEngine {
  readonly types = new Map<string, TypeLogs>();
  readonly runs = new Map<string, RunView>();
  readonly rewards = new Map<string, number>();
  decisions: readonly DecisionRow[] = [];
  labelled: readonly LabelledFailure[] = [];
  /** Counts every change, so that results can be recognised as current. */
  revision = 0;

  update(views: Iterable<RunView>): void {
    for (const view of views) {
      this.remove(view.id);
      this.runs.set(view.id, view);
      const type = this.typeLogs(view.workflowType);
      for (const unit of UNITS) type.logs[unit].add([view.cases[unit]]);
      this.revision++;
    }
  }

  /** Forgets a run (erased, or kept no longer). */
  remove(id: string): void {
    const known = this.runs.get(id);
    if (!known) return;
    const type = this.typeLogs(known.workflowType);
    for (const unit of UNITS) type.logs[unit].remove(id);
    this.runs.delete(id);
    this.revision++;
  }

  /** Sets or clears the reward of a run. */
  rate(id: string, reward: number | undefined): void {
    if (this.rewards.get(id) === reward) return;
    if (reward === undefined) this.rewards.delete(id);
    else this.rewards.set(id, reward);
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

  blameModel(): BlameModel {
    return new BlameModel(this.labelled);
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
