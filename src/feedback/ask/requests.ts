import { type Clock, digest, isoTime } from "../../core/index.js";
import { createRng } from "../../math/rng.js";
import type { LearningStore } from "../../store/index.js";
import { AskedToday } from "./asked-today.js";
import type { PagedBook } from "./paged-book.js";
import { ConsideredRuns, dropOldest, mayBeAnswered, requestBook, requestsIn, takeOverEarlier } from "./request-book.js";
import type { RequestSettings } from "./request-options.js";
import type { ConsideredRun, FeedbackRequest, RequestReason, RunToAsk } from "./request-types.js";

/** Below the limit no more than this is taken from a probability: few runs should not stand for very many. */
const LEAST_LEFT = 0.25;
/** Uncertainties that a new one is compared with, at most and at least. */
const COMPARED = { most: 200, least: 20 };

/** Decides whom to ask about which run, and keeps the requests in the store's documents. */
export class FeedbackRequests {
  private readonly book: PagedBook<FeedbackRequest>;
  private readonly today: AskedToday;
  private readonly runs: ConsideredRuns;
  private begun: Promise<void> | undefined;

  constructor(
    private readonly store: Pick<LearningStore, "documents">,
    private readonly clock: Clock,
    private readonly settings: RequestSettings,
  ) {
    this.book = requestBook(store.documents);
    this.today = new AskedToday(store.documents, settings.maxPerUserPerDay);
    this.runs = new ConsideredRuns(store.documents, clock);
  }

  /** Draws whether to ask about a finished run; undefined when not, or when the person was asked enough today. */
  async consider(run: RunToAsk): Promise<FeedbackRequest | undefined> {
    const requestId = requestIdOf(run.workflowId, run.userId);
    // The draw belongs to run and person: a repeated call, a restart or another process draws the same.
    const draw = createRng(this.settings.seed).fork(`feedback-request ${requestId}`).next();
    const considered = await this.runs.read();
    const earlier = await this.earlier(requestId);
    if (earlier || considered.some((c) => c.requestId === requestId)) return earlier;
    const today = await this.today.count(run.userId, requestId, this.clock.now());
    const seen = this.askProbability(run, today, considered);
    // What was asked meanwhile, here or elsewhere, can only make it less likely: who is not drawn now is not drawn then.
    const drawn: { probability: number; request?: FeedbackRequest } =
      draw < seen.probability ? await this.askIfDrawn(draw, run, requestId, considered) : seen;
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

  /** Once in a process, what earlier releases have left is taken over. */
  private begin(): Promise<void> {
    const countIn = (requests: readonly FeedbackRequest[]) => this.today.countIn(requests, this.clock.now());
    this.begun ??= takeOverEarlier(this.store.documents, this.book, countIn).catch((error) => {
      this.begun = undefined;
      throw error;
    });
    return this.begun;
  }

  private async earlier(requestId: string): Promise<FeedbackRequest | undefined> {
    await this.begin();
    const request = await this.book.find(requestId);
    return request && this.asOfNow(request);
  }

  /** The draw by the newest count of the day, its limit included. */
  private async askIfDrawn(
    draw: number,
    run: RunToAsk,
    requestId: string,
    considered: readonly ConsideredRun[],
  ): Promise<{ probability: number; request?: FeedbackRequest }> {
    let drawn = this.askProbability(run, 0, considered);
    const isTaken = await this.today.take(run.userId, requestId, this.clock.now(), (today) => {
      drawn = this.askProbability(run, today, considered);
      return draw < drawn.probability;
    });
    if (!isTaken) return { probability: drawn.probability };
    const request = await this.create(run, drawn.reason, drawn.probability);
    return { probability: request.probability ?? drawn.probability, request };
  }

  /** Asks; the earlier request when this person was already asked about this run, undefined over the day's limit. */
  async ask(run: Pick<RunToAsk, "workflowId" | "userId" | "workflowType">): Promise<FeedbackRequest | undefined> {
    const requestId = requestIdOf(run.workflowId, run.userId);
    const earlier = await this.earlier(requestId);
    if (earlier) return earlier;
    const mayAsk = (today: number) => this.shareLeft(today) > 0;
    const isTaken = await this.today.take(run.userId, requestId, this.clock.now(), mayAsk);
    return isTaken ? this.create(run, "explicit") : undefined;
  }

  /** Requests waiting for an answer, oldest first. */
  async pending(userId?: string): Promise<FeedbackRequest[]> {
    return (await this.list()).filter((r) => r.status === "pending" && (userId === undefined || r.userId === userId));
  }

  /** Pending requests whose reminder is due; each is counted as reminded by this call, and by no other. */
  async takeDueReminders(): Promise<FeedbackRequest[]> {
    const { remindAfterMs, maxReminders } = this.settings;
    await this.begin();
    const now = this.clock.now();
    const isDue = (r: FeedbackRequest) =>
      mayBeAnswered(r, now) &&
      r.reminders < maxReminders &&
      now - Date.parse(r.remindedAt ?? r.askedAt) >= remindAfterMs;
    const taken = await this.book.changeAll(isDue, (requests) => {
      const due = requests.filter(isDue);
      for (const r of due) Object.assign(r, { reminders: r.reminders + 1, remindedAt: isoTime(now) });
      return structuredClone(due);
    });
    return taken.flat();
  }

  /** The request that this person got about this run, if any. */
  async find(workflowId: string, userId: string): Promise<FeedbackRequest | undefined> {
    await this.begin();
    return this.book.find(requestIdOf(workflowId, userId));
  }

  /** Notes that a request was answered, in time or late. */
  async answered(requestId: string): Promise<void> {
    await this.begin();
    await this.book.change(requestId, (requests) => {
      for (const r of requests) if (r.requestId === requestId) r.status = "answered";
    });
  }

  /** Every request kept: all pending ones, those of the last day, and the last 1,000 that were answered or lapsed. */
  async list(): Promise<FeedbackRequest[]> {
    return (await requestsIn(this.store.documents, this.clock.now())).map((r) => this.asOfNow(r));
  }

  /** The last 200 runs that draws were made for, with the probability of being asked, asked or not. */
  async considered(): Promise<ConsideredRun[]> {
    return structuredClone(await this.runs.read()) as ConsideredRun[];
  }

  /** Drops what is kept of a person or of runs. */
  async forget(of: { userId: string } | { workflowIds: readonly string[] }): Promise<void> {
    // A process of an earlier release may have left something since.
    this.begun = undefined;
    await this.begin();
    const runs = new Set("userId" in of ? [] : of.workflowIds);
    const isGone = (r: { userId: string; workflowId: string }) =>
      "userId" in of ? r.userId === of.userId : runs.has(r.workflowId);
    const gone = await this.book.changeAll(isGone, (requests) => {
      const dropped = requests.filter(isGone);
      requests.splice(0, requests.length, ...requests.filter((r) => !isGone(r)));
      return dropped;
    });
    await ("userId" in of ? this.today.forget(of.userId) : this.today.give(gone.flat()));
    await this.runs.forget(isGone);
  }

  /** Probability of asking about a run, and the strongest reason. */
  private askProbability(
    run: RunToAsk,
    today: number,
    considered: readonly ConsideredRun[],
  ): { probability: number; reason: RequestReason } {
    const { feedbackRequestThreshold, aboveShare, randomShare, uncertainShare } = this.settings;
    const above = run.expectedReward !== undefined && run.expectedReward >= feedbackRequestThreshold ? aboveShare : 0;
    const uncertain = isAmongMostUncertain(run.uncertainty, considered) ? uncertainShare : 0;
    const reason = above >= uncertain && above > 0 ? "above-threshold" : uncertain > 0 ? "uncertain" : "random";
    const wanted = 1 - (1 - above) * (1 - uncertain) * (1 - randomShare);
    const left = this.shareLeft(today);
    return { probability: left === 0 ? 0 : Math.max(wanted * left, Math.min(1, run.leastProbability ?? 0)), reason };
  }

  /** Share of the wanted probability that the day's limit leaves whoever was asked `today` times; 0 when it is reached. */
  private shareLeft(today: number): number {
    const { maxPerUserPerDay } = this.settings;
    return today >= maxPerUserPerDay ? 0 : Math.max(LEAST_LEFT, 1 - today / maxPerUserPerDay);
  }

  /** Makes the request, unless another process was first. */
  private create(run: RunToAsk, reason: RequestReason, probability?: number): Promise<FeedbackRequest> {
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
    return this.book.change(request.requestId, (requests, share) => {
      const earlier = requests.find((r) => r.requestId === request.requestId);
      if (earlier) return this.asOfNow(earlier);
      requests.push(request);
      dropOldest(requests, share, now);
      return { ...request };
    });
  }

  private asOfNow(r: FeedbackRequest): FeedbackRequest {
    const lapsed = r.status === "pending" && !mayBeAnswered(r, this.clock.now());
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
