import type { Clock, RunStatus } from "../core/index.js";
import type { LearningStore } from "../store/index.js";

/** What is remembered of a run of a thread. */
export interface ThreadRun {
  workflowId: string;
  status: RunStatus;
  /** Milliseconds since the epoch. */
  startedAt: number;
}

const MAX_THREADS = 10_000;
const MAX_RUNS = 8;

/**
 * Which runs a thread has had, newest last: in memory for this process, in the store for others. Looking
 * into the store is bounded in time, because a resumed run waits for it.
 */
export class ThreadMemory {
  private readonly threads = new Map<string, ThreadRun[]>();

  constructor(
    private readonly store: LearningStore,
    private readonly clock: Clock,
    private readonly waitMs: number,
  ) {}

  note(threadId: string, run: ThreadRun): void {
    const runs = (this.threads.get(threadId) ?? []).filter((r) => r.workflowId !== run.workflowId);
    runs.push(run);
    if (runs.length > MAX_RUNS) runs.shift();
    this.threads.delete(threadId);
    this.threads.set(threadId, runs);
    if (this.threads.size > MAX_THREADS) this.threads.delete(this.threads.keys().next().value as string);
  }

  /** The run that a resumption of the thread continues: its last one, unless that ended well. */
  async unfinished(threadId: string): Promise<string | undefined> {
    const last = (await this.runs(threadId)).at(-1);
    return last === undefined || last.status === "success" ? undefined : last.workflowId;
  }

  /** The run that was under way at a time, milliseconds since the epoch: the last one begun before it. */
  async runAt(threadId: string, time: number | undefined): Promise<string | undefined> {
    const runs = await this.runs(threadId);
    if (time === undefined) return runs.at(-1)?.workflowId;
    return (runs.filter((r) => r.startedAt <= time).at(-1) ?? runs[0])?.workflowId;
  }

  private async runs(threadId: string): Promise<ThreadRun[]> {
    const here = this.threads.get(threadId);
    if (here) return here;
    let cancel = () => {};
    const tooLate = new Promise<ThreadRun[]>((resolve) => {
      cancel = this.clock.schedule(() => resolve([]), this.waitMs);
    });
    try {
      return await Promise.race([this.fromStore(threadId), tooLate]);
    } catch {
      return [];
    } finally {
      cancel();
    }
  }

  private async fromStore(threadId: string): Promise<ThreadRun[]> {
    const runs: ThreadRun[] = [];
    for await (const { facts } of this.store.read("trace", { threadId, latest: true, limit: MAX_RUNS * 2 }))
      for (const { workflowId, status, startedAt } of facts) {
        const known = runs.find((r) => r.workflowId === workflowId);
        if (known) known.startedAt = Date.parse(startedAt);
        else runs.push({ workflowId, status, startedAt: Date.parse(startedAt) });
      }
    return runs.reverse();
  }
}
