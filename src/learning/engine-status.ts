import { averageImprovement, changeText, type DestinationChange } from "../evaluation/improvement.js";
import { routingArtifactName } from "../policies/index.js";
import type { Registry } from "../registry/index.js";
import type { LearningComponent } from "./component.js";
import type { CycleReport } from "./cycle/types.js";
import type { PointBook } from "./points.js";
import type { LearningScheduler } from "./scheduler.js";
import type { EngineStatus, LearningHistory, PointStatus } from "./status.js";
import type { LearningTimer } from "./timers.js";

/** What a status is put together from. */
export interface StatusParts {
  history: LearningHistory;
  /** Failed cycles that could not be written down. */
  unwritten: readonly CycleReport[];
  components: readonly { component: LearningComponent; enabled: boolean }[];
  scheduler: LearningScheduler;
  timers: readonly LearningTimer[];
  points: PointBook;
  registry: Registry;
  modeOf(decisionPoint: string): PointStatus["mode"];
}

/** Everything of the status that learning knows. */
export function engineStatus(parts: StatusParts): EngineStatus {
  const { history, unwritten, components: given, scheduler, timers, points, registry, modeOf } = parts;

  const names = new Set([...points.list().map((p) => p.name), ...Object.keys(history.points)]);
  const decisionPoints = [...names].map((decisionPoint): PointStatus => {
    const artifact = routingArtifactName(decisionPoint);
    const known = history.points[decisionPoint] ?? { decisions: 0, rated: 0 };
    const promoted = registry.champion(artifact)?.version;
    const unreadable = known.unreadable?.version === promoted ? known.unreadable : undefined;
    return {
      ...known,
      decisionPoint,
      mode: modeOf(decisionPoint),
      champion: unreadable ? undefined : promoted,
      unreadable,
      pinned: registry.isPinned(artifact),
    };
  });
  const components = { ...history.components };
  for (const { component, enabled } of given) {
    if (!enabled)
      components[component.name] = { state: "disabled", samples: 0, message: "turned off in the configuration" };
    else components[component.name] ??= { state: "waiting", samples: 0, message: "no learning cycle yet" };
  }
  const lastCycle = unwritten.at(-1) ?? history.lastCycle;
  const failed = Object.entries(components).filter(([, c]) => c.state === "failed");
  return {
    isLearning: scheduler.started,
    cycleRunning: scheduler.busy,
    cyclesCompleted: history.cyclesCompleted,
    cyclesFailed: (history.cyclesFailed ?? 0) + unwritten.length,
    lastCycle,
    nextCycleAt: scheduler.nextAt,
    timers: [...timers],
    components,
    decisionPoints,
    averageImprovement: averageImprovement(decisionPoints.flatMap((p) => p.improvement ?? [])),
    warnings: [
      ...(lastCycle?.failed ? [`the last learning cycle failed: ${lastCycle.failed.message}`] : []),
      ...failed.map(([name, c]) => `${name} failed in the last cycle: ${c.lastError}`),
      ...Object.entries(components).flatMap(([name, c]) => (c.warnings ?? []).map((w) => `${name}: ${w}`)),
      ...decisionPoints.flatMap(({ decisionPoint, unreadable }) =>
        unreadable
          ? `${decisionPoint}: ${unreadable.version} cannot be read, so the fallback serves until another version is proven: ${unreadable.reason}`
          : [],
      ),
      ...decisionPoints.flatMap((p) =>
        recentChanges(p, lastCycle?.startedAt).map((c) => `${p.decisionPoint}: ${changeText(c)}`),
      ),
      ...decisionPoints.flatMap((p) => (p.warnings ?? []).map((w) => `${p.decisionPoint}: ${w}`)),
    ],
  };
}

/** Days for which a change is news. */
const NEWS_DAYS = 7;

/** The last change of each destination, where it was seen not long before the last cycle. */
function recentChanges({ changes = [] }: PointStatus, lookedAt: string | undefined): DestinationChange[] {
  const since = lookedAt === undefined ? 0 : Date.parse(lookedAt) - NEWS_DAYS * 86_400_000;
  const last = new Map(changes.map((c) => [c.destination, c]));
  return [...last.values()].filter((c) => Date.parse(c.seenAt) >= since);
}
