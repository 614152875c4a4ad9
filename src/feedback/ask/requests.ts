import { type Clock, digest, isoTime } from "../../core/index.js";
import { createRng } from "../../math/rng.js";
import type { LearningStore } from "../../store/index.js";
import { ConsideredRuns, RequestBook, type RequestState } from "./request-book.js";
import type { RequestSettings } from "./request-options.js";
import type { ConsideredRun, FeedbackRequest, RequestReason, RunToAsk } from "./request-types.js";

const DAY_MS = 86_400_000;
/** Below the limit no more than this is taken from a probability: few runs should not stand for very many. */
const LEAST_LEFT = 0.25;
const CLOSED_KEPT = 1000;
/** Uncertainties that a new one is compared with, at most and at least. */
const COMPARED = { most: 200, least: 20 };

/** Decides whom to ask about which run, and keeps the requests in the store's documents. */
export class FeedbackRequests {
  private readonly book: RequestBook;
  private readonly runs: ConsideredRuns;

  constructor(
    store: LearningStore,
    private readonly clock: Clock,
    private readonly settings: RequestSettings,
  ) {
    this.book = new RequestBook(store.documents, clock);
    this.runs = new ConsideredRuns(store.documents, clock);
  }

  /** Draws whether to ask about a finished run; undefined when not, or when the person was asked enough today. */
  async consider(run: RunToAsk): Promise<FeedbackRequest | undefined> {
    const requestId = requestIdOf(run.workflowId, run.userId);
    // The draw belongs to run and person: a repeated call, a restart or another process draws the same.
    const draw = createRng(this.settings.seed).fork(`feedback-request ${requestId}`).next();
    const considered = await this.runs.read();
    if (considered.some((c) => c.requestId === requestId)) return this.earlier(requestId);
    const earlier = await this.earlier(requestId);
    if (earlier) return earlier;
    const seen = this.askProbability(run, await this.book.read(), considered);
    // What was asked meanwhile, here or elsewhere, can only make it less likely: who is not drawn now is not drawn then.
    const drawn =
      draw < seen.probability
        ? await this.book.change((state) => this.askIfDrawn(draw, run, requestId, state, considered))
        : { probability: seen.probability };
    const { expectedReward, uncertainty } = run;
    await this.runs.add({
      requestId,
      workflowId: run.workflowId,
      userId: run.userId,
      at: isoTime(this.clock.now()),
      probability: drawn.probability,
      ...(expectedReward !== undefined && { expectedReward }),
      ...(uncertainty !== undefined && { uncertainty }),
      asked: drawn.request !== undefined,
    });
    return drawn.request;
  }

  private async earlier(requestId: string): Promise<FeedbackRequest | undefined> {
    const request = await this.book.find(requestId);
    return request && this.asOfNow(request);
  }

  /** The draw by the newest state, the day's limit included. */
  private askIfDrawn(
    draw: number,
    run: RunToAsk,
    requestId: string,
    state: RequestState,
    considered: readonly ConsideredRun[],
  ): { probability: number; request?: FeedbackRequest } {
    const { probability, reason } = this.askProbability(run, state, considered);
    const earlier = state.requests.find((r) => r.requestId === requestId);
    if (earlier) return { probability: earlier.probability ?? probability, request: this.asOfNow(earlier) };
    return draw < probability
      ? { probability, request: this.create(state, run, reason, probability) }
      : { probability };
  }

  /** Asks; the earlier request when this person was already asked about this run, undefined over the day's limit. */
  ask(run: Pick<RunToAsk, "workflowId" | "userId" | "workflowType">): Promise<FeedbackRequest | undefined> {
    const { workflowId, userId } = run;
    const requestId = requestIdOf(workflowId, userId);
    return this.book.change((state) => {
      const earlier = state.requests.find((r) => r.requestId === requestId);
      if (earlier) return this.asOfNow(earlier);
      return this.shareLeft(state, userId) === 0 ? undefined : this.create(state, run, "explicit");
    });
  }

  /** Requests waiting for an answer, oldest first. */
  async pending(userId?: string): Promise<FeedbackRequest[]> {
    return (await this.list()).filter((r) => r.status === "pending" && (userId === undefined || r.userId === userId));
  }

  /** Pending requests whose reminder is due; each is counted as reminded by this call, and by no other. */
  async takeDueReminders(): Promise<FeedbackRequest[]> {
    const { remindAfterMs, maxReminders } = this.settings;
    const now = this.clock.now();
    const isDue = (r: FeedbackRequest) =>
      this.asOfNow(r).status === "pending" &&
      r.reminders < maxReminders &&
      now - Date.parse(r.remindedAt ?? r.askedAt) >= remindAfterMs;
    if (!(await this.book.read()).requests.some(isDue)) return [];
    return this.book.change(({ requests }) => {
      const due = requests.filter(isDue);
      for (const r of due) Object.assign(r, { reminders: r.reminders + 1, remindedAt: isoTime(now) });
      return structuredClone(due);
    });
  }

  /** The request that this person got about this run, if any. */
  find(workflowId: string, userId: string): Promise<FeedbackRequest | undefined> {
    return this.book.find(requestIdOf(workflowId, userId));
  }

  /** Notes that a request was answered, in time or late. */
  async answered(requestId: string): Promise<void> {
    if ((await this.book.find(requestId))?.status === "answered") return;
    await this.book.change(({ requests }) => {
      for (const r of requests) if (r.requestId === requestId) r.status = "answered";
    });
  }

  /** Every request kept: all pending ones, those of the last day, and the last 1,000 that were answered or lapsed. */
  async list(): Promise<FeedbackRequest[]> {
    return (await this.book.read()).requests.map((r) => this.asOfNow(r));
  }

  /** The last 200 runs that draws were made for, with the probability of being asked, asked or not. */
  async considered(): Promise<ConsideredRun[]> {
    return structuredClone(await this.runs.read()) as ConsideredRun[];
  }

  /** Drops what is kept of a person or of runs. */
  async forget(of: { userId: string } | { workflowIds: readonly string[] }): Promise<void> {
    const isGone = (r: { userId: string; workflowId: string }) =>
      "userId" in of ? r.userId === of.userId : of.workflowIds.includes(r.workflowId);
    await this.book.change((state) => {
      state.requests = state.requests.filter((r) => !isGone(r));
    });
    await this.runs.forget(isGone);
  }

  /** Probability of asking about a run, and the strongest reason. */
  private askProbability(
    run: RunToAsk,
    state: Readonly<RequestState>,
    considered: readonly ConsideredRun[],
  ): { probability: number; reason: RequestReason } {
    const { feedbackRequestThreshold, aboveShare, randomShare, uncertainShare } = this.settings;
    const above = run.expectedReward !== undefined && run.expectedReward >= feedbackRequestThreshold ? aboveShare : 0;
    const uncertain = isAmongMostUncertain(run.uncertainty, considered) ? uncertainShare : 0;
    const reason = above >= uncertain && above > 0 ? "above-threshold" : uncertain > 0 ? "uncertain" : "random";
    const wanted = 1 - (1 - above) * (1 - uncertain) * (1 - randomShare);
    const left = this.shareLeft(state, run.userId);
    return { probability: left === 0 ? 0 : Math.max(wanted * left, Math.min(1, run.leastProbability ?? 0)), reason };
  }

  /** Share of the wanted probability that the day's limit leaves this person; 0 when it is reached. */
  private shareLeft({ requests }: Readonly<RequestState>, userId: string): number {
    const { maxPerUserPerDay } = this.settings;
    const since = this.clock.now() - DAY_MS;
    const today = requests.filter((r) => r.userId === userId && Date.parse(r.askedAt) > since).length;
    return today >= maxPerUserPerDay ? 0 : Math.max(LEAST_LEFT, 1 - today / maxPerUserPerDay);
  }

  private create(state: RequestState, run: RunToAsk, reason: RequestReason, probability?: number): FeedbackRequest {
    const now = this.clock.now();
    const request: FeedbackRequest = {
      requestId: requestIdOf(run.workflowId, run.userId),
      workflowId: run.workflowId,
      ...(run.workflowType !== undefined && { workflowType: run.workflowType }),
      userId: run.userId,
      askedAt: isoTime(now),
      expiresAt: isoTime(now + this.settings.expireAfterMs),
      reason,
      ...(probability !== undefined && { probability }),
      ...(run.expectedReward !== undefined && { expectedReward: run.expectedReward }),
      reminders: 0,
      status: "pending",
    };
    state.requests.push(request);
    // The day's limits count closed requests too: those of the last day stay.
    const closed = state.requests.filter(
      (r) => this.asOfNow(r).status !== "pending" && Date.parse(r.askedAt) <= now - DAY_MS,
    );
    const gone = new Set(closed.slice(0, Math.max(0, closed.length - CLOSED_KEPT)));
    if (gone.size > 0) state.requests = state.requests.filter((r) => !gone.has(r));
    return structuredClone(request);
  }

  private asOfNow(r: FeedbackRequest): FeedbackRequest {
    const lapsed = r.status === "pending" && Date.parse(r.expiresAt) <= this.clock.now();
    return { ...r, ...(lapsed && { status: "expired" as const }) };
  }
}

function isAmongMostUncertain(uncertainty: number | undefined, considered: readonly ConsideredRun[]): boolean {
  const earlier = considered.flatMap((c) => (c.uncertainty === undefined ? [] : [c.uncertainty])).slice(-COMPARED.most);
  if (uncertainty === undefined || earlier.length < COMPARED.least) return false;
  return earlier.filter((u) => u > uncertainty).length < earlier.length / 10;
}

function requestIdOf(workflowId: string, userId: string): string {
  return digest(JSON.stringify(["request", workflowId, userId]));
}
