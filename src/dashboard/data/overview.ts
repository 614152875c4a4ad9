import type { Approval, LearningTimer, MeasuredImprovement, PointStatus } from "../../loop/index.js";
import { examine, type Finding } from "./doctor.js";
import { routingName } from "./policies.js";
import type { Source } from "./source.js";

/** What the first screen says of one decision point. */
export interface PointCard extends PointStatus {
  destinations: string[];
  exploration: number;
  /** Decisions per day, from the last 200; absent with too few. */
  perDay?: number;
  /** Days until the gate has the data it wants, at today's traffic. */
  daysToGo?: number;
  /** What was proven of the version that serves when it was let in. */
  proven?: { gain: number; lower?: number; risk?: number };
  /** The last promotion, roll-back or pin. */
  lastChange?: { at: string; action: string; version?: string; reason: string };
}

/** The first screen. */
export interface Overview {
  at: string;
  learning: {
    onTimer: boolean;
    /** Who keeps the timer over this store, this process included. */
    timers: LearningTimer[];
    running: boolean;
    cycles: number;
    failed: number;
    nextAt?: string;
    lastAt?: string;
    lastMs?: number;
  };
  improvement?: MeasuredImprovement;
  points: PointCard[];
  /** What waits for a person. */
  waits: { requests: number; approvals: Approval[] };
  /** What is wrong, the worst first. */
  wrong: Finding[];
}

/** Everything the first screen says, from what is kept: no fact is read but the newest. */
export async function overviewOf(source: Source): Promise<Overview> {
  const { loop } = source;
  const status = await loop.getLearningStatus();
  const declared = new Map(loop.inspect.points().map((p) => [p.name, p]));
  const [findings, requests, approvals, points] = await Promise.all([
    examine(source, status),
    loop.inspect.pendingRequests(),
    loop.inspect.approvals(),
    Promise.all(
      status.decisionPoints.map(async (p) => {
        const { destinations = [], exploration = 0 } = declared.get(p.decisionPoint) ?? {};
        return card(source, p, destinations, exploration);
      }),
    ),
  ]);
  const { lastCycle } = status;
  return {
    at: new Date(loop.inspect.clock.now()).toISOString(),
    learning: {
      onTimer: status.isLearning,
      timers: status.timers,
      running: status.cycleRunning,
      cycles: status.cyclesCompleted,
      failed: status.cyclesFailed,
      nextAt: status.nextCycleAt,
      lastAt: lastCycle?.startedAt,
      lastMs: lastCycle?.durationMs,
    },
    improvement: status.averageImprovement,
    points,
    waits: { requests: requests.length, approvals },
    wrong: findings
      .filter((f) => f.level !== "ok")
      .sort((a, b) => (a.level === b.level ? 0 : a.level === "bad" ? -1 : 1)),
  };
}

/** Decisions that traffic is measured on, and the fewest that tell it. */
const RECENT = { most: 200, least: 20 };
const DAY_MS = 86_400_000;

/** What changes what serves, or holds it. */
const SERVING: readonly string[] = ["promote", "rollback", "pin", "unpin"];

async function card(source: Source, p: PointStatus, destinations: string[], exploration: number): Promise<PointCard> {
  const { store, clock } = source.loop.inspect;
  const times: number[] = [];
  const query = { decisionPoint: p.decisionPoint, latest: true, limit: RECENT.most };
  for await (const { facts } of store.read("decision", query)) for (const d of facts) times.push(Date.parse(d.at));
  const oldest = times.at(-1);
  const spanMs = oldest === undefined ? 0 : clock.now() - oldest;
  const perDay = times.length >= RECENT.least && spanMs > 0 ? (times.length / spanMs) * DAY_MS : undefined;
  const ratedShare = p.decisions > 0 ? p.rated / p.decisions : 0;
  const daysToGo =
    p.moreDecisionsNeeded !== undefined && perDay !== undefined && ratedShare > 0
      ? p.moreDecisionsNeeded / (perDay * ratedShare)
      : undefined;
  const { registry } = source.loop;
  const name = routingName(p.decisionPoint);
  const events = registry.names().includes(name) ? registry.history(name) : [];
  const lastChange = events.findLast((e) => SERVING.includes(e.action));
  const serving = p.champion === undefined ? undefined : registry.champion(name);
  return {
    ...p,
    destinations,
    exploration,
    perDay,
    daysToGo,
    lastChange,
    proven: provenOf(serving?.lineage.estimates) ?? (await provenByTrial(source, p.decisionPoint, serving?.version)),
  };
}

/** What the trial that let it in had found last, where that was against the fallback. */
async function provenByTrial(
  { loop }: Source,
  point: string,
  version: string | undefined,
): Promise<PointCard["proven"]> {
  if (version === undefined) return undefined;
  const trial = (await loop.inspect.trials(point)).find((t) => t.version === version && t.against === undefined);
  const last = trial?.points.at(-1)?.gain;
  return last && { gain: last.mean, lower: last.lower };
}

/** The gate's figures, as the version keeps them. */
function provenOf({ gain, lowerBound, risk }: Record<string, unknown> = {}): PointCard["proven"] {
  if (typeof gain !== "number") return undefined;
  return {
    gain,
    ...(typeof lowerBound === "number" && { lower: lowerBound }),
    ...(typeof risk === "number" && { risk }),
  };
}
