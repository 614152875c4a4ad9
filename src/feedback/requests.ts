import { type Clock, createRng, digest, isoTime, type Rng } from "../core/index.js";
import type { LearningStore } from "../store/index.js";

/** Why somebody was asked. */
export type RequestReason = "explicit" | "above-threshold" | "uncertain" | "random";

/** One request for feedback. */
export interface FeedbackRequest {
  requestId: string;
  workflowId: string;
  userId: string;
  askedAt: string;
  expiresAt: string;
  reason: RequestReason;
  /** Probability with which this run was asked about; kept with the answer for inverse weighting. */
  probability: number;
  /** What the reward was expected to be when it was asked, where known. */
  expectedReward?: number;
  reminders: number;
  remindedAt?: string;
  status: "pending" | "answered" | "expired";
}

/** Settings of the requests. */
export interface RequestOptions {
  /** Runs whose expected reward is at least this are asked about (default 0.8). */
  feedbackRequestThreshold?: number;
  /** Probability of asking about a run above the threshold (default 1). */
  aboveShare?: number;
  /** Probability of asking about any run (default 0.05); above zero, so that learning can correct for who was asked. */
  randomShare?: number;
  /** Probability of asking about a run whose reward is among the most uncertain tenth of the last 200 (default 0.5). */
  uncertainShare?: number;
  /** Requests one person gets in 24 hours at most (default 5). */
  maxPerUserPerDay?: number;
  /** A request that was not answered lapses after this (default 7 days). */
  expireAfterMs?: number;
  /** A pending request is due for a reminder this long after it was made or last reminded of (default 2 days). */
  remindAfterMs?: number;
  /** Reminders per request at most (default 1). */
  maxReminders?: number;
  /** Of the random draws (default 0). */
  seed?: number;
}

/** A finished run that might be asked about. */
export interface RunToAsk {
  workflowId: string;
  userId: string;
  /** Predicted reward, or the success composite until there is a reward model. */
  expectedReward?: number;
  /** Standard error of that prediction; the most uncertain runs are asked about more often. */
  uncertainty?: number;
}

const DOCUMENT = "feedback-requests";
const DAY_MS = 86_400_000;
const CLOSED_KEPT = 1000;
const UNCERTAINTIES_KEPT = 200;

/** Decides whom to ask about which run, and keeps the requests in the store's documents. */
export class FeedbackRequests {
  private readonly rng: Rng;
  private readonly byId = new Map<string, FeedbackRequest>();
  private readonly uncertainties: number[] = [];
  private loaded: Promise<void> | undefined;
  private writing: Promise<void> | undefined;
  private next: Promise<void> | undefined;

  constructor(
    private readonly store: LearningStore,
    private readonly clock: Clock,
    private readonly options: RequestOptions,
  ) {
    this.rng = createRng(options.seed ?? 0).fork("feedback-requests");
  }

  /** Probability with which {@link consider} asks about a run, and the strongest reason. */
  askProbability(run: RunToAsk): { probability: number; reason: RequestReason } {
    const { feedbackRequestThreshold = 0.8, aboveShare = 1, randomShare = 0.05, uncertainShare = 0.5 } = this.options;
    const above = run.expectedReward !== undefined && run.expectedReward >= feedbackRequestThreshold ? aboveShare : 0;
    const uncertain = this.isAmongMostUncertain(run.uncertainty) ? uncertainShare : 0;
    const reason = above >= uncertain && above > 0 ? "above-threshold" : uncertain > 0 ? "uncertain" : "random";
    return { probability: 1 - (1 - above) * (1 - uncertain) * (1 - randomShare), reason };
  }

  /** Draws whether to ask about a finished run; undefined when not, or when the person was asked enough today. */
  async consider(run: RunToAsk): Promise<FeedbackRequest | undefined> {
    await this.load();
    const { probability, reason } = this.askProbability(run);
    if (run.uncertainty !== undefined) {
      this.uncertainties.push(run.uncertainty);
      if (this.uncertainties.length > UNCERTAINTIES_KEPT) this.uncertainties.shift();
    }
    const drawn = this.rng.next() < probability;
    if (!drawn || this.askedToday(run.userId) >= this.limit) return undefined;
    return this.create(run, probability, reason);
  }

  /** Asks; the earlier request when this person was already asked about this run, undefined over the day's limit. */
  async ask(workflowId: string, userId: string): Promise<FeedbackRequest | undefined> {
    await this.load();
    if (!this.byId.has(requestIdOf(workflowId, userId)) && this.askedToday(userId) >= this.limit) return undefined;
    return this.create({ workflowId, userId }, 1, "explicit");
  }

  /** Requests waiting for an answer, oldest first. */
  async pending(userId?: string): Promise<FeedbackRequest[]> {
    await this.load();
    return this.all().filter((r) => r.status === "pending" && (userId === undefined || r.userId === userId));
  }

  /** Pending requests whose reminder is due; each is counted as reminded by this call. */
  async takeDueReminders(): Promise<FeedbackRequest[]> {
    const { remindAfterMs = 2 * DAY_MS, maxReminders = 1 } = this.options;
    const now = this.clock.now();
    const due = (await this.pending()).filter(
      (r) => r.reminders < maxReminders && now - Date.parse(r.remindedAt ?? r.askedAt) >= remindAfterMs,
    );
    const reminded = due.map((r) => ({ ...r, reminders: r.reminders + 1, remindedAt: isoTime(now) }));
    for (const r of reminded) this.byId.set(r.requestId, r);
    if (reminded.length > 0) await this.write();
    return reminded;
  }

  /** The request that this person got about this run, if any; then its answer is noted. */
  async answered(workflowId: string, userId: string): Promise<FeedbackRequest | undefined> {
    await this.load();
    const request = this.byId.get(requestIdOf(workflowId, userId));
    if (request && request.status !== "answered") {
      this.byId.set(request.requestId, { ...request, status: "answered" });
      await this.write();
    }
    return request;
  }

  /** Every request kept: all pending ones and the last 1,000 that were answered or lapsed. */
  async list(): Promise<FeedbackRequest[]> {
    await this.load();
    return this.all();
  }

  private get limit(): number {
    return this.options.maxPerUserPerDay ?? 5;
  }

  private isAmongMostUncertain(uncertainty: number | undefined): boolean {
    if (uncertainty === undefined || this.uncertainties.length < 20) return false;
    const higher = this.uncertainties.filter((u) => u > uncertainty).length;
    return higher < this.uncertainties.length / 10;
  }

  private askedToday(userId: string): number {
    const since = this.clock.now() - DAY_MS;
    let count = 0;
    for (const r of this.byId.values()) if (r.userId === userId && Date.parse(r.askedAt) > since) count++;
    return count;
  }

  private async create(run: RunToAsk, probability: number, reason: RequestReason): Promise<FeedbackRequest> {
    const requestId = requestIdOf(run.workflowId, run.userId);
    const earlier = this.byId.get(requestId);
    if (earlier) return earlier;
    const now = this.clock.now();
    const request: FeedbackRequest = {
      requestId,
      workflowId: run.workflowId,
      userId: run.userId,
      askedAt: isoTime(now),
      expiresAt: isoTime(now + (this.options.expireAfterMs ?? 7 * DAY_MS)),
      reason,
      probability,
      ...(run.expectedReward !== undefined && { expectedReward: run.expectedReward }),
      reminders: 0,
      status: "pending",
    };
    this.byId.set(requestId, request);
    await this.write();
    return request;
  }

  private all(): FeedbackRequest[] {
    const now = this.clock.now();
    for (const r of this.byId.values())
      if (r.status === "pending" && Date.parse(r.expiresAt) <= now)
        this.byId.set(r.requestId, { ...r, status: "expired" });
    return [...this.byId.values()];
  }

  private load(): Promise<void> {
    this.loaded ??= (async () => {
      const stored = await this.store.documents.get<FeedbackRequest[]>(DOCUMENT);
      for (const r of stored ?? []) this.byId.set(r.requestId, r);
    })().catch((error: unknown) => {
      this.loaded = undefined;
      throw error;
    });
    return this.loaded;
  }

  /** Changes gather while a write is under way and then go out together. */
  private write(): Promise<void> {
    this.next ??= (async () => {
      await this.writing?.catch(() => {});
      this.next = undefined;
      const closed = this.all().filter((r) => r.status !== "pending");
      for (const r of closed.slice(0, Math.max(0, closed.length - CLOSED_KEPT))) this.byId.delete(r.requestId);
      const own = [...this.byId.values()];
      this.writing = this.store.documents
        .update<FeedbackRequest[]>(DOCUMENT, (current) => {
          // Requests that another process made meanwhile stay.
          const others = (current ?? []).filter((r) => !this.byId.has(r.requestId) && r.status === "pending");
          return [...others, ...own];
        })
        .then(() => {});
      await this.writing;
    })();
    return this.next;
  }
}

function requestIdOf(workflowId: string, userId: string): string {
  return digest(JSON.stringify(["request", workflowId, userId]));
}
