import { digest, type EarlierDecisions, Recent, type RunConfigLike, type RunIdentity } from "../../core/index.js";
import { isObject } from "../../core/is-object.js";
import { isCommand, type LoopShape } from "../internals.js";
import type { RunRecorder } from "./run-recorder.js";
import { userIdIn } from "./run-start.js";
import type { ThreadMemory, ThreadSegment } from "./thread-memory.js";

/** How a run stands to earlier runs of its thread. */
type Continuation = "new" | "resume" | "replay" | "fork";

/** What LangGraph's loop is about to do: begin, go on after a stop, or travel back. */
function continuationOf(loop: LoopShape | undefined, input: unknown): Continuation {
  const resumes = isCommand(input) && input.resume !== undefined && input.resume !== null;
  if (!loop) return resumes || input === null || input === undefined ? "resume" : "new";
  // Before 1.5 the loop does not say whether it was sent to a checkpoint; the config does.
  const addressed = loop.addressed ?? loop.config.configurable?.checkpoint_id !== undefined;
  if (addressed && !resumes && !loop.resumeAtHead) {
    const source = loop.checkpointMetadata?.source;
    return source === "update" || source === "fork" ? "fork" : "replay";
  }
  return (loop.isResuming ?? resumes) ? "resume" : "new";
}

/**
 * Settles which workflow a run belongs to: the one named by the caller, the unfinished one of the
 * thread that it resumes, or a new one, linked to its origin when it replays or forks. A new one is named by
 * the root run's id where that is known, so that other tracing services call it the same.
 * @param earlier is told what a resumed run decided, where this process may not have seen all of it
 * @returns undefined where nothing has to be looked up
 */
export function resolveIdentity(
  recorder: RunRecorder,
  threads: ThreadMemory,
  loop: LoopShape | undefined,
  input: unknown,
  makeId: () => string,
  earlier?: (workflowId: string, decided: EarlierDecisions) => void,
): Promise<void> | undefined {
  const { threadId, userId, workflowType, givenId: given } = recorder.start;
  const continuation = continuationOf(loop, input);
  const identity: RunIdentity = { workflowId: given ?? "", workflowType };
  if (threadId !== undefined) identity.threadId = threadId;
  if (userId !== undefined) identity.userId = userId;
  // Until the rest is known; nothing that follows may leave the run without an identity.
  recorder.identity = identity;
  if (given === undefined) identity.workflowId = recorder.start.runId ?? makeId();
  if (threadId === undefined || continuation === "new") return undefined;
  const thread = { threadId, workflowType };
  if (continuation !== "resume")
    return threads.runAt(thread, forkTime(loop, continuation)).then((origin) => {
      identity.origin = { kind: continuation };
      if (origin !== undefined && origin !== identity.workflowId) identity.origin.workflowId = origin;
    });
  recorder.resumed = true;
  const follow = (before: ThreadSegment | undefined) => {
    if (before) identity.workflowId = before.workflowId;
    else if (given === undefined && recorder.settings.sampleRate < 1)
      recorder.gaps.add("what this run did before it was resumed may have been left out by sampling");
    recorder.followsFailure = before?.status === "error";
  };
  const deadline = threads.deadline();
  const restore = async () => {
    const { workflowId } = identity;
    const decided = earlier && (await threads.decided(workflowId, deadline));
    if (decided) earlier?.(workflowId, decided);
  };
  if (given === undefined) {
    const unanswered = () => recorder.gaps.add("the store did not say in time which run this one resumes");
    const before = threads.unfinished(thread, recorder.checkpointId, unanswered);
    if (before instanceof Promise) return before.then(follow).then(restore);
    follow(before);
    return undefined;
  }
  const known = threads.known(thread, given);
  follow(known);
  const { checkpointId: here } = recorder;
  const isCurrent = known && (here === undefined || (known.checkpointId ?? here) === here);
  return isCurrent || !earlier ? undefined : restore();
}

/** When the checkpoint that a run goes back to was made; of a fork, the one it was made from. */
function forkTime(loop: LoopShape | undefined, continuation: Continuation): number | undefined {
  if (continuation === "fork") return uuid6Time(loop?.prevCheckpointConfig?.configurable?.checkpoint_id);
  return uuid6Time(loop?.checkpoint?.id) ?? (Date.parse(loop?.checkpoint?.ts ?? "") || undefined);
}

/** Milliseconds since the epoch in a version-6 UUID, which LangGraph's checkpoint ids are. */
function uuid6Time(id: unknown): number | undefined {
  if (typeof id !== "string" || !/^[0-9a-f]{8}-[0-9a-f]{4}-6[0-9a-f]{3}-/.test(id)) return undefined;
  const ticks = BigInt(`0x${id.slice(0, 8)}${id.slice(9, 13)}${id.slice(15, 18)}`);
  return Number((ticks - 0x01b21dd213814000n) / 10_000n);
}

const REMEMBERED_TASKS = 10_000;

/**
 * The identity of runs that nobody captures, for routers in bare graphs. All tasks of a run share
 * one object of LangGraph's, which finds the run again; the id is made from the first task's, so that a
 * retry or resumption of that task, here or in another process, finds the same.
 */
export class UncapturedRuns {
  private readonly byRun = new WeakMap<object, RunIdentity>();
  private readonly byTask = new Recent<RunIdentity>(REMEMBERED_TASKS);

  constructor(private readonly makeId: () => string) {}

  identify(config: RunConfigLike): RunIdentity {
    const { control, writer } = config as { control?: unknown; writer?: unknown };
    const shared = isObject(control) ? control : typeof writer === "function" ? writer : undefined;
    const taskId = config.executionInfo?.taskId ?? config.configurable?.__pregel_task_id;
    const known =
      (shared && this.byRun.get(shared)) ?? (typeof taskId === "string" ? this.byTask.get(taskId) : undefined);
    if (known) return known;
    const threadId = config.executionInfo?.threadId ?? config.configurable?.thread_id;
    const identity: RunIdentity = {
      workflowId: typeof taskId === "string" ? digest(`workflow|${taskId}`) : this.makeId(),
    };
    if (typeof threadId === "string") identity.threadId = threadId;
    const userId = userIdIn(config);
    if (userId !== undefined) identity.userId = userId;
    if (shared) this.byRun.set(shared, identity);
    if (typeof taskId === "string") this.byTask.set(taskId, identity);
    return identity;
  }
}
