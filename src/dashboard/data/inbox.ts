import { currentFeedback, digest, type FeedbackRecord, isoTime, type Trace } from "../../core/index.js";
import type { FeedbackInput } from "../../loop/index.js";
import { Refusal, textOf } from "./errors.js";
import { ofRuns } from "./facts-of-page.js";
import { heldByOthers } from "./holds.js";
import { noteChange } from "./journal.js";
import type { Person, Source } from "./source.js";

/** One run that waits for a judgement. */
export interface InboxItem {
  workflowId: string;
  type?: string;
  startedAt?: string;
  status?: string;
  /** `asked`: this person was asked; `other`: somebody else was; `second`: judged once, a second look; `unjudged`. */
  why: "asked" | "other" | "second" | "unjudged";
  /** Who was asked, and when. */
  askedOf?: string;
  askedAt?: string;
  /** What is judged, as redacted as it is stored. */
  path: string[];
  input?: string;
  output?: string;
  error?: string;
}

/** What a reviewer has before them. */
export interface Inbox {
  items: InboxItem[];
  /** Requests that wait in all, and those of them for this person. */
  waiting: number;
  mine: number;
  /** What this person judged today. */
  doneToday: number;
  /** Krippendorff's alpha of the raters over runs that several judged, and over how many runs. */
  agreement?: { alpha: number; runs: number };
}

/** Items sent at once; newest runs and judgements that are looked through for more. */
const ITEMS = 20;
const RUNS = 200;
const JUDGEMENTS = 2000;
/** One judged run in so many is shown to a second person. */
const SECOND_LOOK = 5;

/** The queue of one person, without what others have before them: those they were asked about first, then what others were, then unjudged runs. */
export async function inboxOf(source: Source, person: Person): Promise<Inbox> {
  const { inspect } = source.loop;
  const [held, pending, judged, today] = await Promise.all([
    heldByOthers(source, person),
    inspect.pendingRequests(),
    judgedLately(source),
    doneToday(source, person),
  ]);
  const byMe = (id: string) => (judged.get(id) ?? []).some((f) => f.userId === person.name);
  const open = pending.filter((r) => !byMe(r.workflowId) && !held.has(r.workflowId));
  const mine = open.filter((r) => r.userId === person.name);
  const queue: Pick<InboxItem, "workflowId" | "why" | "askedOf" | "askedAt">[] = [
    ...mine.map((r) => ({ workflowId: r.workflowId, why: "asked" as const, askedOf: r.userId, askedAt: r.askedAt })),
    ...open
      .filter((r) => r.userId !== person.name)
      .map((r) => ({ workflowId: r.workflowId, why: "other" as const, askedOf: r.userId, askedAt: r.askedAt })),
  ];
  const queued = new Set(queue.map((q) => q.workflowId));
  for (const [workflowId, said] of judged) {
    if (queue.length >= ITEMS) break;
    const raters = new Set(said.map((f) => f.userId));
    if (
      queued.has(workflowId) ||
      held.has(workflowId) ||
      byMe(workflowId) ||
      raters.size !== 1 ||
      !chosenForSecondLook(workflowId)
    )
      continue;
    queued.add(workflowId);
    queue.push({ workflowId, why: "second" });
  }
  if (queue.length < ITEMS)
    for await (const { facts } of inspect.store.read("trace", { latest: true, limit: RUNS }))
      for (const { workflowId } of facts) {
        if (queue.length >= ITEMS || queued.has(workflowId) || held.has(workflowId) || judged.has(workflowId)) continue;
        queued.add(workflowId);
        queue.push({ workflowId, why: "unjudged" });
      }
  const shown = queue.slice(0, ITEMS);
  const traces = await ofRuns(source, "trace", shown);
  return {
    items: shown.map((q) => ({ ...q, ...whatIsJudged(inspect.join(traces.get(q.workflowId) ?? [])) })),
    waiting: pending.length,
    mine: mine.length,
    doneToday: today,
    agreement: agreementOf(source, judged),
  };
}

const chosenForSecondLook = (workflowId: string) =>
  Number.parseInt(digest(workflowId).slice(0, 8), 16) % SECOND_LOOK === 0;

async function judgedLately({ loop }: Source): Promise<Map<string, FeedbackRecord[]>> {
  const byRun = new Map<string, FeedbackRecord[]>();
  for await (const { facts } of loop.inspect.store.read("feedback", { latest: true, limit: JUDGEMENTS }))
    for (const f of facts) byRun.set(f.workflowId, [f, ...(byRun.get(f.workflowId) ?? [])]);
  // A measured outcome is no person's judgement: such a run may still be judged.
  for (const [id, records] of byRun)
    byRun.set(
      id,
      currentFeedback(records).filter((f) => f.source === "human"),
    );
  return new Map([...byRun].filter(([, records]) => records.length > 0));
}

async function doneToday({ loop }: Source, { name }: Person): Promise<number> {
  const { clock, store } = loop.inspect;
  const from = `${isoTime(clock.now()).slice(0, 10)}T00:00:00.000Z`;
  const records: FeedbackRecord[] = [];
  for await (const { facts } of store.read("feedback", { userId: name, from })) records.push(...facts);
  return new Set(currentFeedback(records).map((f) => f.workflowId)).size;
}

function agreementOf({ loop }: Source, judged: ReadonlyMap<string, FeedbackRecord[]>): Inbox["agreement"] {
  const units = [...judged.values()]
    .map((said) => said.flatMap((f) => (f.cat ? [f.cat.score] : [])))
    .filter((scores) => scores.length > 1);
  const alpha = loop.inspect.agreement(units);
  return alpha === undefined ? undefined : { alpha, runs: units.length };
}

function whatIsJudged(trace: Trace | undefined): Omit<InboxItem, "workflowId" | "why"> {
  if (!trace) return { path: [] };
  const states = trace.nodes.filter((n) => n.path.length === 0);
  return {
    type: trace.workflowType,
    startedAt: trace.startedAt,
    status: trace.status,
    path: states.map((n) => n.name),
    input: states.find((n) => n.input !== undefined)?.input,
    output: states.findLast((n) => n.update !== undefined)?.update,
    error: trace.error?.message,
  };
}

const FIELDS = ["cat", "ratings", "thumbs", "comment", "tags", "decisionId", "correction"] as const;
const WORDS: Partial<Record<string, string>> = { cat: "a score", thumbs: "a thumb", comment: "a comment" };

/** Stores a judgement under the person's own name; the collector checks every value. */
export async function judge(
  source: Source,
  person: Person,
  body: Record<string, unknown>,
): Promise<{ feedbackId: string }> {
  const { workflowId } = body;
  if (typeof workflowId !== "string" || workflowId === "") throw new Refusal(400, "workflowId is missing.");
  const said = FIELDS.filter((name) => body[name] !== undefined && body[name] !== "");
  if (said.length === 0) throw new Refusal(400, "Nothing was judged: choose a score, a thumb, or write a comment.");
  const input = Object.fromEntries(said.map((name) => [name, body[name]]));
  const { feedbackId } = await source.loop.feedback.submitFeedback({
    ...input,
    workflowId,
    userId: person.name,
    source: "human",
  } as FeedbackInput);
  await noteChange(source, person, {
    action: "judge",
    subject: workflowId,
    why: said.map((name) => WORDS[name] ?? name).join(", "),
  });
  return { feedbackId };
}

/** Asks somebody, by name, to judge a run: it comes first in that person's inbox. */
export async function assignRun(source: Source, person: Person, body: Record<string, unknown>): Promise<void> {
  const workflowId = textOf(body, "workflowId", 300);
  const to = textOf(body, "userId", 200);
  if (!(await source.loop.feedback.requestFeedback(workflowId, to)))
    throw new Refusal(400, `${to} was asked about enough runs for today.`);
  await noteChange(source, person, { action: "assign", subject: workflowId, to, why: "from the page of the run" });
}

/** Takes a judgement back that this person gave. */
export async function undoJudgement(source: Source, person: Person, body: Record<string, unknown>): Promise<void> {
  const { workflowId, feedbackId } = body;
  if (typeof workflowId !== "string" || typeof feedbackId !== "string")
    throw new Refusal(400, "workflowId and feedbackId are needed.");
  await source.loop.feedback.submitFeedback({ workflowId, userId: person.name, withdraws: feedbackId });
  await noteChange(source, person, { action: "undo", subject: workflowId, why: "took the judgement back" });
}
