import { isoTime, messageOf } from "../core/index.js";
import type { TrainedChallenger } from "../evaluation/point/challenger.js";
import { clusterOfDraws } from "../evaluation/point/cluster.js";
import type { GateState } from "../evaluation/point/gate-state.js";
import type { ServedVersion } from "../evaluation/point/judged-rows.js";
import { closedRequests } from "../feedback/index.js";
import { type RoutingArtifact, routingArtifactName, type TrialShares } from "../policies/index.js";
import { askForApproval, settleApproval, waitingApprovals } from "../registry/approvals.js";
import type { Registry } from "../registry/index.js";
import type { LearningStore } from "../store/index.js";
import type { ChangeBeside } from "../worker/beside.js";
import type { LearningResult } from "../worker/jobs/learned.js";
import type { PointRows } from "../worker/jobs/survey.js";
import { changesBeside } from "./beside.js";
import type { ComponentContext } from "./component.js";
import type { ResolvedLoopConfig } from "./config.js";
import type { StepReport } from "./cycle/types.js";
import { gateStateOf, keepGateState } from "./gate-states.js";
import { type PointBook, rowOptionsOf } from "./points.js";
import type { PointReport } from "./report/types.js";
import type { LearningWorker } from "./thread/host.js";
import { type TrainedAside, trainedAsideKey } from "./trained-aside.js";
import { keepTrial } from "./trial-evidence.js";

/** A decision point after learning, and what is to be done about it. */
export interface JudgedPoint extends LearningResult {
  decisionPoint: string;
  /** What was remembered before. */
  before?: GateState;
  /** What the gate lets happen. */
  action: LearningResult["recommended"];
  /** Decision points that share runs with it, and when it was judged. */
  together: readonly string[];
  judgedAt: string;
}

/** The routing part of a learning cycle, step by step. */
export interface RoutingLearner {
  survey(context: ComponentContext): Promise<PointRows[]>;
  /** Watches, settles, trains and judges. */
  learn(point: PointRows, context: ComponentContext): Promise<JudgedPoint>;
  /** What follows from a judgement: nothing while the point is pinned. */
  decide(judged: JudgedPoint, context: ComponentContext): JudgedPoint;
  publish(judged: JudgedPoint, context: ComponentContext): Promise<StepReport>;
  describe(context: { registry: Registry; worker: LearningWorker }): Promise<PointReport[]>;
}

/** What the learner needs besides the cycle's context. */
export interface RoutingLearnerDeps {
  config: ResolvedLoopConfig;
  store: LearningStore;
  points: PointBook;
}

/** Events that leave what serves as it is. */
const NO_CHANGE: ReadonlySet<string> = new Set(["publish", "trial", "end-trial"]);

/** Everything that changed what serves under a name, in the order of time. */
const changes = (registry: Registry, name: string) =>
  registry.names().includes(name) ? registry.history(name).filter((e) => !NO_CHANGE.has(e.action)) : [];

/** Versions whose late ratings are still counted for the champion that continues them. */
const VERSIONS_COUNTED = 200;

/** Versions that were promoted once and may serve again, the newest first, without the one that serves and what it continues. */
function provenBefore(registry: Registry, name: string, state: GateState | undefined): string[] {
  const own = new Set([registry.champion(name)?.version, ...(state?.watch?.versions ?? []), ...registry.barred(name)]);
  const promoted = registry.history(name).flatMap((e) => (e.action === "promote" && e.version ? [e.version] : []));
  return [...new Set(promoted.reverse())].filter((v) => !own.has(v)).slice(0, MOST_EARLIER);
}

/** Earlier versions that a roll-back looks at. */
const MOST_EARLIER = 3;

/** Whether the terms of a trial moved enough to be changed: every change is an event. */
function differ(now: TrialShares, next: TrialShares): boolean {
  return Math.abs(now.share - next.share) > 0.05 * now.share || Math.abs(now.uniform - next.uniform) > 1e-9;
}

/** Learning of routing policies over a worker and a registry; nothing but its promotions changes serving. */
export function createRoutingLearner({ config, store, points }: RoutingLearnerDeps): RoutingLearner {
  const rowOptions = () => rowOptionsOf(config, points);
  const versionOf = async (
    registry: Registry,
    decisionPoint: string,
    version: string | undefined,
  ): Promise<ServedVersion | undefined> => {
    if (version === undefined) return undefined;
    const name = routingArtifactName(decisionPoint);
    const found = registry.versions(name).find((v) => v.version === version);
    if (!found) return undefined;
    const loaded = await registry.load(name, found.version).then(
      (payload) => ({ artifact: payload as RoutingArtifact }),
      (error) => ({ failure: messageOf(error) }),
    );
    const publishedAt = found.createdAt;
    const since = changes(registry, name).at(-1)?.at ?? publishedAt;
    return { version: found.version, ...loaded, dataTo: found.lineage.dataTo ?? publishedAt, publishedAt, since };
  };
  /**
   * What was logged before the last roll-back did not hold, or was not wanted, and what was logged before another
   * point of the same runs changed was beside another policy: neither proves anything any more.
   */
  const provenFrom = (
    registry: Registry,
    decisionPoint: string,
    beside: readonly ChangeBeside[],
  ): string | undefined => {
    const rolledBack = changes(registry, routingArtifactName(decisionPoint)).findLast((e) => e.action === "rollback");
    return [beside.at(-1)?.at, rolledBack?.at, points.get(decisionPoint)?.learn.provenFrom]
      .filter((t) => t !== undefined)
      .sort()
      .at(-1);
  };
  const champion = async (registry: Registry, decisionPoint: string): Promise<ServedVersion | undefined> => {
    const serving = registry.champion(routingArtifactName(decisionPoint));
    return serving && versionOf(registry, decisionPoint, serving.version);
  };

  const trainedAside = async (
    registry: Registry,
    decisionPoint: string,
  ): Promise<(TrainedChallenger & { version: string }) | undefined> => {
    const noted = await store.documents.get<TrainedAside>(trainedAsideKey(decisionPoint));
    if (!noted || registry.champion(routingArtifactName(decisionPoint))?.version === noted.version) return undefined;
    const found = await versionOf(registry, decisionPoint, noted.version);
    if (!found?.artifact) return undefined;
    const { dataFrom, dataTo, rows, version } = noted;
    const fingerprint = `${decisionPoint}/${version}`;
    return { kind: "new", artifact: found.artifact, rows, dataFrom, dataTo, fingerprint, version };
  };

  return {
    async survey({ worker, signal }) {
      const found = await worker.run("routing.survey", rowOptions(), { signal });
      // Choices between prompts are decisions too, but no routers: only what was declared is learned.
      return found.filter((p) => points.get(p.decisionPoint));
    },

    async learn(point, { worker, registry, signal, seed, clock }) {
      const { decisionPoint, together } = point;
      const judgedAt = isoTime(clock.now());
      const name = routingArtifactName(decisionPoint);
      const serving = await champion(registry, decisionPoint);
      const beside = await changesBeside(together, registry, store.documents);
      const from = provenFrom(registry, decisionPoint, beside);
      const state = await gateStateOf(store, decisionPoint);
      const { exploration = 0, destinations, learn = {}, trial } = points.get(decisionPoint) ?? {};
      const version = (wanted: string | undefined) => versionOf(registry, decisionPoint, wanted);
      const continued = serving && state?.watch?.version === serving.version ? state.watch.anchor : undefined;
      const tried = registry.onTrial(name)?.version ?? (registry.isPinned(name) ? state?.trial?.version : undefined);
      const waits = (await waitingApprovals(store.documents)).find((a) => a.name === name);
      const learned = await worker.run(
        "routing.learn",
        {
          decisionPoint,
          rows: rowOptions(),
          learn,
          peers: points.list().flatMap((p) => (p.learn.tenant === learn.tenant ? [p.name] : [])),
          seed,
          trainShare: config.gate.trainShare,
          minSamples: config.minSamplesForLearning,
          champion: serving,
          anchor: continued === serving?.version ? undefined : await version(continued),
          provenFrom: from,
          useRewardModel: config.enableRewardModel && config.learnFromPredictedRewards,
          exploration,
          trial,
          destinations,
          gate: { ...config.gate, cluster: clusterOfDraws(config.gate.cluster, trial?.stickyBy) },
          state,
          onTrial: await version(tried),
          earlier:
            serving && (await Promise.all(provenBefore(registry, name, state).map(version))).flatMap((v) => v ?? []),
          aside: await trainedAside(registry, decisionPoint),
          deep: config.enableRlTraining,
          encoder: learn.encoder,
          prove: learn.prove,
          asked: await closedRequests(store.documents, clock.now()),
          beside,
          waiting: await version(waits?.version),
          now: judgedAt,
        },
        { signal },
      );
      const judged: JudgedPoint = { ...learned, decisionPoint, before: state, action: "none", together, judgedAt };
      if (!learned.isIdle) return judged;
      const missing = Math.max(1, config.minSamplesForLearning - point.rated);
      const reason = waits
        ? `${waits.version} is proven and waits for approval since ${waits.at}`
        : serving
          ? "too few rewards since the serving version was trained"
          : from !== undefined && point.rated >= config.minSamplesForLearning
            ? `too few rewarded decisions since ${from}; older ones prove nothing any more`
            : `not enough data yet: about ${missing} more rated decisions before there is anything to train`;
      return { ...judged, reason, samples: point.rated };
    },

    decide(judged, { registry }) {
      const { recommended, before } = judged;
      if (recommended === "none" || !registry.isPinned(routingArtifactName(judged.decisionPoint)))
        return { ...judged, action: recommended };
      // A trial waits while the point is pinned; risk that was spent on logs stays spent.
      const waits = judged.version !== undefined || recommended === "try";
      const state = waits && before ? before : judged.state;
      return { ...judged, state, reason: `${judged.reason}; pinned by hand, so nothing changes`, action: "none" };
    },

    async publish(judged, { registry, documents, clock, seed, keepVersions }) {
      const { decisionPoint, challenger, action, reason, settled } = judged;
      const name = routingArtifactName(decisionPoint);
      const report = {
        component: `routing/${decisionPoint}`,
        state: judged.isIdle ? ("idle" as const) : ("done" as const),
        samples: judged.samples,
        details: {
          ...judged.figures,
          ...(challenger?.rewardShares && { rewardShares: challenger.rewardShares }),
          ...(challenger?.warmStart && { warmStart: challenger.warmStart }),
        },
      };
      const { trial, ...untried } = judged.state;
      const keep = (state: GateState) => keepGateState(store, documents, decisionPoint, state);
      // What was spent is written first: a crash in between must not give it back.
      await keep(action === "try" ? untried : judged.state);
      if (settled && action !== "none") {
        // Who had their bet in it is of no account once it ended.
        const { seen: _, ...ended } = settled;
        await keepTrial(documents, decisionPoint, ended);
      }
      /** A new version; the proven one that it continues is what the next continuations are measured by. */
      const published = async (): Promise<string | undefined> => {
        if (!challenger) return judged.version;
        const lineage = {
          parent: registry.champion(name)?.version,
          dataFrom: challenger.dataFrom,
          dataTo: challenger.dataTo,
          rows: challenger.rows,
          encoderVersion: challenger.artifact.encoder.version,
          seed,
          estimates: judged.figures,
        };
        const kept = [judged.watch?.anchor, judged.state.watch?.anchor].filter((v) => v !== undefined);
        const keep = { newest: keepVersions, ...(kept.length > 0 && { also: kept }) };
        return (await registry.publish(name, "routing-policy", challenger.artifact, lineage, keep)).version;
      };
      switch (action) {
        case "rollback": {
          const to = judged.version;
          await registry.rollback(name, reason, { bar: true, ...(to !== undefined && { to }) });
          // Without a version that still holds, all before it were proven in a world that is no more.
          while (to === undefined && registry.champion(name)) await registry.rollback(name, reason);
          return { ...report, message: `rolled back: ${reason}${to === undefined ? "" : `; ${to} serves again`}` };
        }
        case "promote": {
          const isNew = challenger?.kind !== "refresh";
          const beside = (await changesBeside(judged.together, registry, documents)).at(-1)?.at;
          // Each alone is proven; what both come to together is not, until runs have had the first of them.
          if (isNew && beside !== undefined && beside >= judged.judgedAt) {
            if (settled && judged.before) await keep(judged.before);
            return { ...report, message: `waits, what serves beside it changed in this cycle: ${reason}` };
          }
          const version = await published();
          if (version === undefined || !judged.watch) return { ...report, message: reason };
          if (isNew && points.get(decisionPoint)?.learn.approval === "required") {
            // What serves stays under watch; this version is watched from its own promotion on.
            await registry.endTrial(name, "proven");
            await askForApproval(documents, clock, { name, version, reason });
            return { ...report, message: `${version} is proven and waits for approval: ${reason}` };
          }
          const versions = [...judged.watch.versions, version].slice(-VERSIONS_COUNTED);
          const watch = { anchor: version, ...judged.watch, version, versions };
          await keep({ ...judged.state, watch });
          await registry.promote(name, version, reason);
          return { ...report, message: `promoted ${version}: ${reason}` };
        }
        case "try": {
          const version = await published();
          if (version === undefined || !trial || !judged.shares) return { ...report, message: reason };
          await keep({ ...untried, trial: { ...trial, version } });
          await registry.tryOut(name, version, { ...judged.shares, unit: trial.unit }, reason);
          const noted = await documents.get<TrainedAside>(trainedAsideKey(decisionPoint));
          if (noted?.version === version) await documents.delete(trainedAsideKey(decisionPoint));
          return { ...report, message: `${version} ${reason}` };
        }
        case "terms": {
          const now = registry.onTrial(name);
          if (now && judged.shares && differ(now, judged.shares))
            await registry.tryOut(name, now.version, { ...judged.shares, unit: now.unit }, reason);
          return { ...report, message: reason };
        }
        case "withdraw":
          await settleApproval(documents, name, judged.version ?? "");
          return { ...report, message: reason };
        case "end":
          await registry.endTrial(name, reason);
          return { ...report, message: reason };
        case "none":
          return { ...report, message: reason };
      }
    },

    async describe({ registry, worker }) {
      const reports: PointReport[] = [];
      for (const { name: decisionPoint } of points.list()) {
        const serving = await champion(registry, decisionPoint);
        const description = await worker.run("routing.describe", {
          decisionPoint,
          rows: rowOptions(),
          serving,
        });
        const name = routingArtifactName(decisionPoint);
        const events = registry.names().includes(name) ? registry.history(name) : [];
        reports.push({ decisionPoint, ...description, champion: serving?.version, events });
      }
      return reports;
    },
  };
}
