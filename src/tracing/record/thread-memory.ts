import { LATE, within } from "../../core/deadline.js";
import { type Clock, type Decision, type EarlierDecisions, isoTime, type RunStatus } from "../../core/index.js";
import type { LearningStore } from "../../store/index.js";

/** Whose runs: several graphs may use one thread id without meaning the same. */
export interface ThreadKey {
  threadId: string;
  workflowType: string;
}

/** A segment of a thread's run, as it is noted. */
export interface ThreadSegment {
  workflowId: string;
  status: RunStatus;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** The thread's checkpoint when the segment ended. */
  checkpointId?: string;
}

/** What is remembered of a run: its first start, and its last segment. */
interface ThreadRun extends ThreadSegment {
  lastStartedAt: number;
}

/** A resumed run waits no longer than this for the store to say what it resumes. */
const LOOKUP_MS = 1000;
const MAX_THREADS = 10_000;
const MAX_RUNS = 8;

/**
 * Which runs a thread has had: in memory for this process, in the store for others. Looking into the store
 * is bounded in time, because a resumed run waits for it.
 */
export class ThreadMemory {
  private readonly threads = new Map<string, ThreadRun[]>();

  constructor(
    private readonly store: LearningStore,
    private readonly clock: Clock,
    private readonly waitMs = LOOKUP_MS,
  ) {}

  note({ threadId, workflowType }: ThreadKey, segment: ThreadSegment): void {
    const key = keyOf({ threadId, workflowType });
    const runs = [...(this.threads.get(key) ?? [])];
    addSegment(runs, segment);
    if (runs.length > MAX_RUNS) runs.shift();
    this.threads.delete(key);
    this.threads.set(key, runs);
    if (this.threads.size > MAX_THREADS) this.threads.delete(this.threads.keys().next().value as string);
  }

  /**
   * The run that a resumption of the thread continues: its last one, unless that ended well. Where the thread
   * no longer stands at the checkpoint that this process left, another process may have gone on with it: then the store counts, too.
   * @param onUnanswered called where the store failed or did not answer in time
   * @returns a promise only where the store is asked
   */
  unfinished(
    thread: ThreadKey,
    checkpointId: string | undefined,
    onUnanswered: () => void,
  ): Promise<ThreadSegment | undefined> | ThreadSegment | undefined {
    const known = this.threads.get(keyOf(thread)) ?? [];
    const left = known.at(-1)?.checkpointId;
    const isCurrent = known.length > 0 && (left === undefined || checkpointId === undefined || left === checkpointId);
    return isCurrent ? lastUnfinished(known) : this.withStored(thread, known, onUnanswered).then(lastUnfinished);
  }

  /** What this process knows of a run of the thread. */
  known(thread: ThreadKey, workflowId: string): ThreadSegment | undefined {
    return this.threads.get(keyOf(thread))?.find((run) => run.workflowId === workflowId);
  }

  /** Until when a lookup that begins now may take, by the clock's own count. */
  deadline(): number {
    return this.clock.monotonic() + this.waitMs;
  }

  /** What was decided under a run's id, in whichever process; undefined where the store does not say in time. */
  async decided(workflowId: string, deadline: number): Promise<EarlierDecisions | undefined> {
    const left = Math.max(0, deadline - this.clock.monotonic());
    const found = await within(this.storedDecisions(workflowId), left, this.clock).catch((): typeof LATE => LATE);
    return found === LATE ? undefined : found;
  }

  private async storedDecisions(workflowId: string): Promise<EarlierDecisions> {
    let endedAt = "";
    for await (const { facts } of this.store.read("trace", { workflowId }))
      for (const { status, startedAt, durationMs } of facts)
        if (status === "success") endedAt = latest(endedAt, isoTime(Date.parse(startedAt) + durationMs));
    const found = new Map<string, Decision>();
    for await (const { facts } of this.store.read("decision", { workflowId }))
      for (const decision of facts) found.set(decision.decisionId, decision);
    return { decisions: [...found.values()].sort((a, b) => a.index - b.index), endedAt };
  }

  /**
   * The run that was under way at a time, milliseconds since the epoch: the last one begun before it, in whichever
   * process. What is remembered here goes back a few runs only, and knows nothing of other processes: the store is asked.
   */
  async runAt(thread: ThreadKey, time: number | undefined): Promise<string | undefined> {
    const runs = await this.withStored(thread, this.threads.get(keyOf(thread)) ?? [], () => {}, time);
    return runs.filter((run) => time === undefined || run.startedAt <= time).at(-1)?.workflowId;
  }

  /** The runs known here and those in the store (with `time` those begun by then), those whose last segment is the newest at the end. */
  private async withStored(
    thread: ThreadKey,
    known: readonly ThreadRun[],
    onUnanswered: () => void,
    time?: number,
  ): Promise<readonly ThreadRun[]> {
    const found = await within(this.fromStore(thread, known, time), this.waitMs, this.clock).catch(
      (): typeof LATE => LATE,
    );
    if (found !== LATE) return found;
    onUnanswered();
    return known;
  }

  private async fromStore(
    thread: ThreadKey,
    known: readonly ThreadRun[],
    time: number | undefined,
  ): Promise<ThreadRun[]> {
    const runs = known.map((run) => ({ ...run }));
    const until = time === undefined ? {} : { to: isoTime(time + 1) };
    const query = { ...thread, ...until, latest: true, limit: MAX_RUNS * 2 };
    for await (const { facts } of this.store.read("trace", query))
      for (const { workflowId, status, startedAt } of facts)
        addSegment(runs, { workflowId, status, startedAt: Date.parse(startedAt) });
    // Of a run whose trace was left out by sampling, what it decided is there all the same.
    for await (const { facts } of this.store.read("decision", { ...thread, ...until, latest: true, limit: 1 }))
      for (const { workflowId, at } of facts)
        if (!runs.some((run) => run.workflowId === workflowId))
          addSegment(runs, { workflowId, status: "interrupted", startedAt: Date.parse(at) });
    return runs;
  }
}

function lastUnfinished(runs: readonly ThreadRun[]): ThreadRun | undefined {
  const last = runs.at(-1);
  return last?.status === "success" ? undefined : last;
}

const latest = (a: string, b: string) => (a > b ? a : b);

function keyOf({ threadId, workflowType }: ThreadKey): string {
  return `${workflowType}\n${threadId}`;
}

/** Adds a segment to its run, or as a run of its own; keeps the order of the last starts. */
function addSegment(runs: ThreadRun[], segment: ThreadSegment): void {
  const run = runs.find((r) => r.workflowId === segment.workflowId);
  if (!run) runs.push({ ...segment, lastStartedAt: segment.startedAt });
  else {
    run.startedAt = Math.min(run.startedAt, segment.startedAt);
    if (segment.startedAt >= run.lastStartedAt)
      Object.assign(run, {
        status: segment.status,
        checkpointId: segment.checkpointId,
        lastStartedAt: segment.startedAt,
      });
  }
  runs.sort((a, b) => a.lastStartedAt - b.lastStartedAt);
}
