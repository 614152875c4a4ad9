import { isoTime, messageOf } from "../core/index.js";
import type { TrainedChallenger } from "../evaluation/point/challenger.js";
import type { GateState } from "../evaluation/point/gate-state.js";
import type { ServedVersion } from "../evaluation/point/judged-rows.js";
import { closedRequests } from "../feedback/index.js";
import { type RoutingArtifact, routingArtifactName } from "../policies/index.js";
import type { Registry } from "../registry/index.js";
import type { LearningStore } from "../store/index.js";
import type { Judgement } from "../worker/jobs/judge-routing.js";
import type { LearnOfflineInput } from "../worker/jobs/learn-offline.js";
import type { PointRows } from "../worker/jobs/survey.js";
import { askForApproval, waitingApprovals } from "./approvals.js";
import { changedBeside, gateKey } from "./beside.js";
import type { ComponentContext } from "./component.js";
import type { ResolvedLoopConfig } from "./config.js";
import type { StepReport } from "./cycle/types.js";
import { type PointBook, rowOptionsOf } from "./points.js";
import type { PointReport } from "./report/types.js";
import type { LearningWorker } from "./thread/host.js";
import { type TrainedAside, trainedAsideKey } from "./trained-aside.js";

/** A trained policy that wants to serve. */
export interface Challenger extends TrainedChallenger {
  decisionPoint: string;
}

/** A decision point after evaluation, and what is to be done about it. */
export interface JudgedPoint extends Judgement {
  decisionPoint: string;
  challenger?: Challenger;
  /** What the gate lets happen. */
  action: "promote" | "rollback" | "none";
  /** Decision points that share runs with it, and when it was judged. */
  together: readonly string[];
  judgedAt: string;
}

/** The routing part of a learning cycle, step by step. */
export interface RoutingLearner {
  survey(context: ComponentContext): Promise<PointRows[]>;
  /** The challengers, or why there are none. */
  train(point: PointRows, context: ComponentContext): Promise<Challenger[] | StepReport>;
  judge(point: PointRows, challengers: Challenger[], context: ComponentContext): Promise<JudgedPoint>;
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

/** Everything that changed what serves under a name, in the order of time. */
const changes = (registry: Registry, name: string) =>
  registry.names().includes(name) ? registry.history(name).filter((e) => e.action !== "publish") : [];

/** Versions whose late ratings are still counted for the champion that continues them. */
const VERSIONS_COUNTED = 200;

/** Learning of routing policies over a worker and a registry; nothing but its promotions changes serving. */
export function createRoutingLearner({ config, store, points }: RoutingLearnerDeps): RoutingLearner {
  const rowOptions = () => rowOptionsOf(config, points);
  const versionOf = async (
    registry: Registry,
    decisionPoint: string,
    version: string | undefined,
  ): Promise<ServedVersion | undefined> => {
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
  const provenFrom = async (
    registry: Registry,
    { decisionPoint, together }: PointRows,
  ): Promise<string | undefined> => {
    const beside = await changedBeside(together, registry, store.documents);
    const rolledBack = changes(registry, routingArtifactName(decisionPoint)).findLast((e) => e.action === "rollback");
    return [beside, rolledBack?.at, points.get(decisionPoint)?.learn.provenFrom]
      .filter((t) => t !== undefined)
      .sort()
      .at(-1);
  };
  const champion = async (registry: Registry, decisionPoint: string): Promise<ServedVersion | undefined> => {
    const serving = registry.champion(routingArtifactName(decisionPoint));
    return serving && versionOf(registry, decisionPoint, serving.version);
  };

  const trainedAside = async (registry: Registry, decisionPoint: string): Promise<TrainedChallenger | undefined> => {
    const noted = await store.documents.get<TrainedAside>(trainedAsideKey(decisionPoint));
    if (!noted || registry.champion(routingArtifactName(decisionPoint))?.version === noted.version) return undefined;
    const found = await versionOf(registry, decisionPoint, noted.version);
    if (!found?.artifact) return undefined;
    const { dataFrom, dataTo, rows, version } = noted;
    const fingerprint = `${decisionPoint}/${version}`;
    return { kind: "new", artifact: found.artifact, rows, dataFrom, dataTo, fingerprint };
  };

  return {
    async survey({ worker, signal }) {
      const found = await worker.run("routing.survey", rowOptions(), { signal });
      // Choices between prompts are decisions too, but no routers: only what was declared is learned.
      return found.filter((p) => points.get(p.decisionPoint));
    },

    async train(point, { worker, registry, signal, seed }) {
      const { decisionPoint } = point;
      const serving = await champion(registry, decisionPoint);
      const from = await provenFrom(registry, point);
      const state = await store.documents.get<GateState>(gateKey(decisionPoint));
      const trained = await worker.run(
        "routing.train",
        {
          decisionPoint,
          rows: rowOptions(),
          learn: points.get(decisionPoint)?.learn ?? {},
          seed,
          trainShare: config.gate.trainShare,
          minSamples: config.minSamplesForLearning,
          champion: serving,
          provenFrom: from,
          useRewardModel: config.enableRewardModel && config.learnFromPredictedRewards,
          fullFit: state?.fullFit,
        },
        { signal },
      );
      const fresh = trained.find((t) => t.kind === "new");
      if (fresh && config.enableRlTraining) {
        // Where runs pass the point several times, a policy that looks ahead stands for election as well.
        const input: LearnOfflineInput = { decisionPoint, rows: rowOptions(), seed, upTo: fresh.dataTo };
        const deep = await worker.run("routing.learn-offline", input, { signal });
        if (deep) trained.push(deep);
      }
      const waits = (await waitingApprovals(store.documents)).find(
        (a) => a.name === routingArtifactName(decisionPoint),
      );
      if (waits) {
        // Another challenger would spend the gate's risk while nobody has looked at this one.
        const continued = trained.filter((t) => t.kind === "refresh");
        if (continued.length > 0) return continued.map((t) => ({ ...t, decisionPoint }));
        return {
          component: `routing/${decisionPoint}`,
          state: "idle",
          samples: point.rated,
          message: `${waits.version} is proven and waits for approval since ${waits.at}`,
        };
      }
      const aside = await trainedAside(registry, decisionPoint);
      if (aside) {
        // Every further challenger costs the gate's risk: the one that was asked for takes the place of the others.
        const continued = trained.filter((t) => t.kind === "refresh");
        return [aside, ...continued].map((t) => ({ ...t, decisionPoint }));
      }
      if (trained.length > 0) return trained.map((t) => ({ ...t, decisionPoint }));
      const missing = Math.max(1, config.minSamplesForLearning - point.rated);
      return {
        component: `routing/${decisionPoint}`,
        state: "idle",
        samples: point.rated,
        message: serving
          ? "too few rewards since the serving version was trained"
          : from !== undefined && point.rated >= config.minSamplesForLearning
            ? `too few rewarded decisions since ${from}; older ones prove nothing any more`
            : `not enough data yet: about ${missing} more rated decisions before there is anything to train`,
      };
    },

    async judge({ decisionPoint, together }, challengers, { worker, registry, signal, clock }) {
      const serving = await champion(registry, decisionPoint);
      const state = await store.documents.get<GateState>(gateKey(decisionPoint));
      const { exploration = 0, destinations, learn } = points.get(decisionPoint) ?? {};
      const continued = serving && state?.watch?.version === serving.version ? state.watch.anchor : undefined;
      const anchor = continued === serving?.version ? undefined : await versionOf(registry, decisionPoint, continued);
      const judgement = await worker.run(
        "routing.judge",
        {
          decisionPoint,
          rows: rowOptions(),
          exploration,
          challengers,
          champion: serving,
          anchor,
          gate: config.gate,
          state,
          destinations,
          encoder: learn?.encoder,
          prove: learn?.prove,
          asked: await closedRequests(store.documents, clock.now()),
          now: isoTime(clock.now()),
        },
        { signal },
      );
      const challenger = judgement.chosen === undefined ? undefined : challengers[judgement.chosen];
      return { ...judgement, decisionPoint, challenger, action: "none", together, judgedAt: isoTime(clock.now()) };
    },

    decide(judged, { registry }) {
      if (judged.recommended === "none" || !registry.isPinned(routingArtifactName(judged.decisionPoint)))
        return { ...judged, action: judged.recommended };
      return { ...judged, reason: `${judged.reason}; pinned by hand, so nothing changes` };
    },

    async publish(judged, { registry, documents, clock, seed, keepVersions }) {
      const { decisionPoint, challenger, action, reason, watch } = judged;
      const name = routingArtifactName(decisionPoint);
      // The risk that was spent is written first: a crash in between must not give it back.
      await documents.put(gateKey(decisionPoint), judged.state);
      const last = judged.state.spending?.last?.challenger;
      const noted = await documents.get<TrainedAside>(trainedAsideKey(decisionPoint));
      if (noted && last === `${decisionPoint}/${noted.version}`) await documents.delete(trainedAsideKey(decisionPoint));
      const report = {
        component: `routing/${decisionPoint}`,
        state: "done" as const,
        samples: judged.samples,
        details: { ...judged.figures, ...(challenger?.rewardShares && { rewardShares: challenger.rewardShares }) },
      };
      if (action === "rollback") {
        // Versions before it were proven in the same world as this one: back to the fallback, not to them.
        while (registry.champion(name)) await registry.rollback(name, reason);
        return { ...report, message: `rolled back: ${reason}` };
      }
      if (action !== "promote" || !challenger || !watch) return { ...report, message: reason };
      const beside = await changedBeside(judged.together, registry, documents);
      // Each alone is proven; what both come to together is not, until runs have had the first of them.
      if (challenger.kind === "new" && beside !== undefined && beside >= judged.judgedAt)
        return { ...report, message: `waits, what serves beside it changed in this cycle: ${reason}` };
      const lineage = {
        parent: registry.champion(name)?.version,
        dataFrom: challenger.dataFrom,
        dataTo: challenger.dataTo,
        rows: challenger.rows,
        encoderVersion: challenger.artifact.encoder.version,
        seed,
        estimates: judged.figures,
      };
      // The proven version that this one continues is what the next continuations are measured by.
      const { version } = await registry.publish(name, "routing-policy", challenger.artifact, lineage, {
        newest: keepVersions,
        ...(watch.anchor !== undefined && { also: [watch.anchor] }),
      });
      if (challenger.kind === "new" && points.get(decisionPoint)?.learn.approval === "required") {
        // What serves stays under watch; this version is watched from its own promotion on.
        await askForApproval(documents, clock, { name, version, reason });
        return { ...report, message: `${version} is proven and waits for approval: ${reason}` };
      }
      const versions = [...watch.versions, version].slice(-VERSIONS_COUNTED);
      const watched: GateState = { ...judged.state, watch: { anchor: version, ...watch, version, versions } };
      await documents.put(gateKey(decisionPoint), watched);
      await registry.promote(name, version, reason);
      return { ...report, message: `promoted ${version}: ${reason}` };
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
