import type { LearningStore } from "../../store/index.js";

/** What is known of a run that feedback may be given for. */
export interface KnownRun {
  workflowType?: string;
  threadId?: string;
  /** When its first fact was written, ISO 8601. */
  at: string;
}

/**
 * Answers whether a run exists, without a scan per question: begins with the newest runs, keeps those it
 * has seen, and reads only what the store gained since. Runs older than the newest facts it begins with
 * (`recent` of each kind), and those forgotten beyond `capacity`, are looked up in the store one by one.
 */
export class KnownRuns {
  private readonly runs = new Map<string, KnownRun>();
  private readonly cursors: { trace?: string; decision?: string } = {};
  private refreshing: Promise<void> | undefined;
  private forgot = false;

  constructor(
    private readonly store: LearningStore,
    private readonly capacity = 500_000,
    private readonly recent = 20_000,
  ) {}

  async find(workflowId: string): Promise<KnownRun | undefined> {
    const seen = this.runs.get(workflowId);
    if (seen) return seen;
    // A reading under way may have passed the place where this run's facts were appended meanwhile.
    if (this.refreshing) await this.refreshing;
    if (!this.runs.has(workflowId)) {
      this.refreshing ??= this.refresh().finally(() => {
        this.refreshing = undefined;
      });
      await this.refreshing;
    }
    return this.runs.get(workflowId) ?? (this.forgot ? this.lookUp(workflowId) : undefined);
  }

  /** Forgets every run; what the store then still has is read anew. */
  clear(): void {
    this.runs.clear();
    delete this.cursors.trace;
    delete this.cursors.decision;
    this.forgot = false;
  }

  private async refresh(): Promise<void> {
    for (const kind of ["trace", "decision"] as const) {
      const after = this.cursors[kind];
      if (after === undefined) await this.begin(kind);
      else
        for await (const batch of this.store.read(kind, { after })) {
          for (const fact of batch.facts) this.add(fact.workflowId, runOf(fact));
          this.cursors[kind] = batch.cursor;
        }
    }
  }

  /** A long history is not read for the first question: that takes a second per 50,000 runs. */
  private async begin(kind: "trace" | "decision"): Promise<void> {
    const newest: [string, KnownRun][] = [];
    for await (const batch of this.store.read(kind, { latest: true, limit: this.recent })) {
      for (const fact of batch.facts) newest.push([fact.workflowId, runOf(fact)]);
      this.cursors[kind] = batch.cursor;
    }
    if (newest.length >= this.recent) this.forgot = true;
    for (const [workflowId, run] of newest.reverse()) this.add(workflowId, run);
  }

  private async lookUp(workflowId: string): Promise<KnownRun | undefined> {
    for (const kind of ["trace", "decision"] as const)
      for await (const batch of this.store.read(kind, { workflowId, limit: 1 }))
        for (const fact of batch.facts) return this.add(workflowId, runOf(fact));
    return undefined;
  }

  private add(workflowId: string, run: KnownRun): KnownRun {
    const known = { ...run, ...this.runs.get(workflowId) };
    this.runs.set(workflowId, known);
    if (this.runs.size > this.capacity) {
      this.forgot = true;
      for (const oldest of this.runs.keys()) {
        this.runs.delete(oldest);
        break;
      }
    }
    return known;
  }
}

function runOf(fact: { workflowType?: string; threadId?: string; startedAt?: string; at?: string }): KnownRun {
  return {
    at: fact.startedAt ?? fact.at ?? "",
    ...(fact.workflowType !== undefined && { workflowType: fact.workflowType }),
    ...(fact.threadId !== undefined && { threadId: fact.threadId }),
  };
}
