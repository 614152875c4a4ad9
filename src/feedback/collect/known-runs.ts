import { Follower } from "../../store/follow.js";
import type { LearningStore } from "../../store/index.js";

/** What is known of a run that feedback may be given for. */
export interface KnownRun {
  workflowType?: string;
  threadId?: string;
  /** When its first fact was written, ISO 8601. */
  at: string;
}

/** The facts that show a run. */
type RunKind = "trace" | "decision";
const RUN_KINDS: readonly RunKind[] = ["trace", "decision"];

/**
 * Answers whether a run exists, without a scan per question: begins with the newest runs, keeps those it
 * has seen, and reads only what the store gained since. Runs older than the newest facts it begins with
 * (`recent` of each kind), and those forgotten beyond `capacity`, are looked up in the store one by one.
 */
export class KnownRuns {
  private readonly runs = new Map<string, KnownRun>();
  private readonly follower: Follower<RunKind>;
  private forgot = false;

  constructor(
    private readonly store: LearningStore,
    private readonly capacity = 500_000,
    private readonly recent = 20_000,
  ) {
    this.follower = new Follower(store);
  }

  async find(workflowId: string): Promise<KnownRun | undefined> {
    const seen = this.runs.get(workflowId);
    if (seen) return seen;
    await this.follower.refresh(
      () => this.readNews(),
      () => this.runs.has(workflowId),
    );
    return this.runs.get(workflowId) ?? (this.forgot ? this.lookUp(workflowId) : undefined);
  }

  /** Forgets every run; what the store then still has is read anew. */
  forget(): Promise<void> {
    return this.follower.forget(() => {
      this.runs.clear();
      this.forgot = false;
    });
  }

  private async readNews(): Promise<void> {
    for (const kind of RUN_KINDS) {
      if (!this.follower.hasBegun(kind)) await this.begin(kind);
      else
        for await (const facts of this.follower.news(kind))
          for (const fact of facts) this.add(fact.workflowId, runOf(fact));
    }
  }

  /** A long history is not read for the first question: that takes a second per 50,000 runs. */
  private async begin(kind: RunKind): Promise<void> {
    const newest: [string, KnownRun][] = [];
    let end: string | undefined;
    for await (const { facts, cursor } of this.follower.newest(kind, this.recent)) {
      for (const fact of facts) newest.push([fact.workflowId, runOf(fact)]);
      end = cursor;
    }
    if (end !== undefined) this.follower.goOnFrom([[kind, end]]);
    if (newest.length >= this.recent) this.forgot = true;
    for (const [workflowId, run] of newest.reverse()) this.add(workflowId, run);
  }

  private async lookUp(workflowId: string): Promise<KnownRun | undefined> {
    for (const kind of RUN_KINDS)
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
