import { createHmac } from "node:crypto";
import { type Clock, digest, isoTime, type Logger, messageOf } from "../core/index.js";
import { changeText } from "../evaluation/improvement.js";
import type { AlertKind, AlertRule } from "../learning/config.js";
import { type Approval, waitingApprovals } from "../registry/approvals.js";
import type { Registry } from "../registry/index.js";
import type { LearningStore } from "../store/index.js";
import type { LearningStatus } from "./status.js";

/** One thing a person wants to know of at once. Plain JSON; `text` is what Slack and its like show. */
export interface Alert {
  kind: AlertKind;
  /** What it is about: a decision point, an artifact, a destination. */
  subject: string;
  text: string;
  at: string;
}

/** What alerts are made from and how they leave. */
export interface AlertParts {
  rules: readonly AlertRule[];
  store: LearningStore;
  registry: Registry;
  clock: Clock;
  logger: Logger;
  status(): Promise<LearningStatus>;
  /** Sends a request (default the global `fetch`). */
  send?: (url: string, init: RequestInit) => Promise<Response>;
}

const HOUR_MS = 3_600_000;
const SENT_KEY = "loop/alerts-sent";
/** Waits between tries; so many tries are made. */
const PAUSES_MS = [1_000, 10_000, 60_000];
const TIMEOUT_MS = 10_000;
/** What happens once, and is told of once. */
const EVENTS: ReadonlySet<AlertKind> = new Set([
  "promoted",
  "rolled-back",
  "waiting",
  "cycle-failed",
  "destination-changed",
]);
/** Runs that a failing destination is told by: so many of the newest, so many through it, so large a share failed. */
const FAILING = { runs: 200, least: 10, share: 0.5 };
/** Decisions and the share of them that passed the time budget. */
const LATE = { least: 50, share: 0.05 };

/** Tells whoever is named in the configuration of what happened; each cause once an hour, over all processes. */
export class AlertSender {
  private readonly since: string;

  constructor(private readonly parts: AlertParts) {
    this.since = isoTime(parts.clock.now());
  }

  /** Looks for something to tell of, and tells it. Never throws. */
  async look(): Promise<void> {
    const { rules, logger } = this.parts;
    if (rules.length === 0) return;
    try {
      for (const alert of await this.found()) {
        const wanted = rules.filter((r) => r.on.includes(alert.kind));
        if (wanted.length > 0 && (await this.isFirst(alert))) for (const rule of wanted) await this.tell(rule, alert);
      }
    } catch (error) {
      logger.warn("alerts could not be looked for", { error: messageOf(error) });
    }
  }

  private async found(): Promise<Alert[]> {
    const { registry, store, clock, status } = this.parts;
    const now = isoTime(clock.now());
    const state = await status();
    const alerts: Alert[] = [];
    const add = (kind: AlertKind, subject: string, text: string, at = now) => alerts.push({ kind, subject, text, at });
    for (const e of registry.history()) {
      // What was there before this process began is no news.
      if (e.at < this.since || !/^(policy|prompt)\//.test(e.name)) continue;
      const version = e.version ?? "the fallback";
      if (e.action === "promote") add("promoted", e.name, `${e.name}: ${version} serves now. ${e.reason}`, e.at);
      if (e.action === "rollback")
        add("rolled-back", e.name, `${e.name} was rolled back; ${version} serves now. ${e.reason}`, e.at);
    }
    for (const a of await waitingApprovals(store.documents)) add("waiting", a.name, waitingText(a), a.at);
    const { lastCycle } = state;
    if (lastCycle?.failed && lastCycle.startedAt >= this.since)
      add("cycle-failed", "learning", `A learning cycle failed: ${lastCycle.failed.message}`, lastCycle.startedAt);
    for (const warning of state.components["reward-model"]?.warnings ?? [])
      add("reward-drifting", warning, `The reward needs a look: ${warning}`);
    if (state.capture.dropped > 0)
      add("records-dropped", "capture", `${state.capture.dropped} records were dropped in this process.`);
    for (const [point, { decisions, fallbacks }] of Object.entries(state.capture.routing)) {
      const late = fallbacks["time-budget"] ?? 0;
      if (decisions >= LATE.least && late > LATE.share * decisions)
        add("budget-passed", point, `${point} passed its time budget in ${late} of ${decisions} decisions.`);
    }
    for (const { decisionPoint, changes = [] } of state.decisionPoints)
      for (const change of changes)
        if (change.seenAt >= this.since)
          add("destination-changed", `${decisionPoint}/${change.destination}`, `${changeText(change)}.`, change.at);
    for (const [node, { runs, failed }] of await this.failing())
      add("destination-failing", node, `${node} failed in ${failed} of its last ${runs} runs.`);
    return alerts;
  }

  private async failing(): Promise<[string, { runs: number; failed: number }][]> {
    if (!this.parts.rules.some((r) => r.on.includes("destination-failing"))) return [];
    const seen = new Map<string, { runs: number; failed: number }>();
    for await (const { facts } of this.parts.store.read("trace", { latest: true, limit: FAILING.runs }))
      for (const { nodes } of facts)
        for (const name of new Set(nodes.map((n) => n.name))) {
          const sum = seen.get(name) ?? { runs: 0, failed: 0 };
          sum.runs++;
          if (nodes.some((n) => n.name === name && n.status === "error")) sum.failed++;
          seen.set(name, sum);
        }
    return [...seen].filter(([, s]) => s.runs >= FAILING.least && s.failed >= FAILING.share * s.runs);
  }

  /** Whether nobody was told of this cause within the last hour, by whatever process. */
  private async isFirst({ kind, subject, at }: Alert): Promise<boolean> {
    const now = this.parts.clock.now();
    const oneTime = EVENTS.has(kind);
    const cause = digest(JSON.stringify([kind, subject, oneTime ? at : ""]));
    let first = false;
    await this.parts.store.documents.update<Record<string, number>>(SENT_KEY, (sent = {}) => {
      const told = sent[cause];
      first = told === undefined || (!oneTime && now - told >= HOUR_MS);
      if (!first) return sent;
      // Events are told of once for good; they are kept for a month, so that no restart repeats them.
      const kept = Object.entries(sent).filter(([, t]) => now - t < 30 * 24 * HOUR_MS);
      return { ...Object.fromEntries(kept), [cause]: now };
    });
    return first;
  }

  private async tell(rule: AlertRule, alert: Alert): Promise<void> {
    const { logger } = this.parts;
    try {
      if (rule.handler) await rule.handler(alert);
      if (rule.webhook) await this.post(rule.webhook, rule.secret, JSON.stringify(alert));
    } catch (error) {
      logger.error("an alert could not be delivered", { kind: alert.kind, error: messageOf(error) });
    }
  }

  private async post(url: string, secret: string | undefined, body: string): Promise<void> {
    const { clock, send = fetch } = this.parts;
    const signature = secret && `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
    const headers = { "content-type": "application/json", ...(signature && { "x-learning-signature": signature }) };
    for (let tried = 0; ; tried++) {
      try {
        const response = await send(url, { method: "POST", headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
        await response.body?.cancel();
        if (response.ok) return;
        throw new Error(`the webhook answered ${response.status}`);
      } catch (error) {
        const pause = PAUSES_MS[tried];
        if (pause === undefined) throw error;
        await new Promise<void>((resolve) => clock.schedule(resolve, pause));
      }
    }
  }
}

const waitingText = ({ name, version, reason }: Approval) =>
  `${name} ${version} is proven and waits for approval: ${reason}`;
