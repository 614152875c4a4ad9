import {
  type Decision,
  defaultLogger,
  type FactKind,
  type FeedbackRecord,
  type TraceSegment,
} from "../../src/core/index.js";
import { restoreEncoder } from "../../src/dataset/index.js";
import { gateSettingsSchema } from "../../src/evaluation/gate-settings.js";
import { startLearningWorker } from "../../src/learning/thread/host.js";
import { createPolicy, type PolicySpec, type RoutingArtifact, restorePolicy } from "../../src/policies/index.js";
import { aDecision, aFeedback, aTrace } from "../support/facts.js";

/** What feeding many decisions through the learning thread showed. */
export interface DecisionFigures extends Record<string, unknown> {
  decisions: number;
  /** Memory of the whole process, host and thread: the most, with the learning at the end, and after each half million. */
  peakRssMiB: number;
  rssMiB: number[];
  decisionsPerS: number;
  /** Rated decisions in what was learned, and those held. */
  learnedFrom: number;
  held: number;
  /** The largest distance between expected rewards by statistics and by one batch of the same decisions. */
  mostApart: number;
  /** How much better the right destination is expected to be for what only the oldest decisions were about. */
  oldLead: number;
  keptBytes: number;
}

const TOPICS = ["invoice", "crash", "refund", "login", "address", "cancel", "upgrade"];
const BATCH = 2000;
const START = Date.UTC(2026, 0, 1);
const point = "triage";

/** Run `n`: in the oldest hundredth some are about what never comes again, where the other destination is right. */
function run(n: number, total: number) {
  const isOld = n < total / 100 && n % 3 === 0;
  const topic = isOld ? "fax" : TOPICS[n % TOPICS.length]!;
  const ids = {
    workflowId: `workflow-${n.toString(16).padStart(12, "0")}`,
    at: new Date(START + n * 50).toISOString(),
  };
  const chosen = Math.floor(n / TOPICS.length) % 2 ? "x" : "y";
  const isRight = (isOld || topic === "crash") === (chosen === "y");
  // Every tenth of the right ones fails, by a rule: noise that can be counted.
  const outcome = isRight && n % 10 !== 9 ? 1 : 0;
  return { topic, ids, chosen, outcome: outcome as 0 | 1 };
}

function decisionOf({ topic, ids, chosen }: ReturnType<typeof run>): Decision {
  return aDecision({
    ...ids,
    decisionId: `decision-${ids.workflowId}`,
    workflowType: "support",
    decisionPoint: point,
    context: { topic, urgent: chosen === "x" },
    candidates: ["x", "y"],
    chosen,
    propensity: 0.5,
    probabilities: [0.5, 0.5],
    source: "exploration",
  });
}

const feedbackOf = ({ ids, outcome }: ReturnType<typeof run>): FeedbackRecord =>
  aFeedback({ ...ids, feedbackId: `feedback-${ids.workflowId}`, userId: "crm", outcome });

const traceOf = ({ ids }: ReturnType<typeof run>): TraceSegment =>
  aTrace({ workflowId: ids.workflowId, segmentId: `segment-${ids.workflowId}`, startedAt: ids.at });

/**
 * Feeds so many decisions, each with feedback and a trace, through the real learning thread, as many of them as
 * `withinMs` allows, and learns at the end.
 */
export async function manyDecisions(total: number, withinMs = Number.POSITIVE_INFINITY): Promise<DecisionFigures> {
  const entry = new URL("../../dist/worker/main.js", import.meta.url);
  const worker = startLearningWorker({ entry, logger: defaultLogger() });
  const learn = { policy: { kind: "linucb" } };
  const rows = { reward: { correctRaters: false } };
  const plan = { rows, learn: { [point]: learn }, seed: 1 };
  /** By what is decided and chosen: how many, and how many went well. */
  const cells = new Map<string, { decision: Decision; count: number; sum: number }>();
  let peak = 0;
  const memory: number[] = [];
  let fed = 0;
  const see = () => {
    const rss = process.memoryUsage.rss() / 2 ** 20;
    peak = Math.max(peak, rss);
    return rss;
  };
  const sampled = setInterval(see, 200);
  sampled.unref();
  const started = performance.now();
  let held = 0;
  /** As the collector does, the next facts are made ready while the thread takes in those before. */
  let taken: Promise<{ decisions: number }> | undefined;
  const ingest = async (kind: FactKind, facts: readonly object[]) => {
    const texts = facts.map((fact) => JSON.stringify(fact));
    held = (await taken)?.decisions ?? 0;
    taken = worker.run("facts.ingest", { [kind]: texts, plan });
  };
  try {
    while (fed < total && performance.now() - started < withinMs) {
      const count = Math.min(BATCH, total - fed);
      const runs = Array.from({ length: count }, (_, i) => run(fed + i, total));
      await ingest("decision", runs.map(decisionOf));
      await ingest("trace", runs.map(traceOf));
      await ingest("feedback", runs.map(feedbackOf));
      fed += count;
      if (fed % 500_000 === 0) memory.push(Math.round(see()));
      if (fed % 1_000_000 === 0)
        console.log(
          `${fed} decisions, ${Math.round(see())} MiB, ${Math.round((performance.now() - started) / 1000)} s`,
        );
    }
    held = (await taken)?.decisions ?? 0;
    const seconds = (performance.now() - started) / 1000;
    const [kept] = await worker.run("facts.statistics", {});
    if (!kept) throw new Error("no statistics were kept");
    for (let n = 0; n < kept.rows; n++) {
      const one = run(n, total);
      const key = `${one.topic} ${one.chosen}`;
      const cell = cells.get(key) ?? { decision: decisionOf(one), count: 0, sum: 0 };
      cell.count++;
      cell.sum += one.outcome;
      cells.set(key, cell);
    }
    const challenger = (
      await worker.run("routing.learn", {
        decisionPoint: point,
        rows,
        learn,
        seed: 1,
        trainShare: 0.5,
        minSamples: 10,
        exploration: 0.5,
        gate: gateSettingsSchema.parse({}),
        now: new Date(START + fed * 50).toISOString(),
      })
    ).challenger;
    if (!challenger) throw new Error("nothing was learned");
    const [x = 0, y = 0] = expected(challenger.artifact, { topic: "fax", urgent: false });
    see();
    return {
      decisions: fed,
      peakRssMiB: Math.round(peak),
      rssMiB: memory,
      decisionsPerS: Math.round(fed / seconds),
      learnedFrom: challenger.rows,
      held,
      mostApart: apart(kept.artifact, [...cells.values()]),
      oldLead: Math.round(1000 * (y - x)) / 1000,
      keptBytes: JSON.stringify(kept).length,
    };
  } finally {
    clearInterval(sampled);
    await worker.close();
  }
}

/** Expected rewards of both destinations. */
function expected(artifact: RoutingArtifact, context: Decision["context"]): number[] {
  const input = { context: restoreEncoder(artifact.encoder).encode(context), candidates: ["x", "y"] };
  return restorePolicy(artifact.policy)
    .predict(input)
    .map((e) => e.mean);
}

/** How far the policy of an artifact is from one that learned the same decisions at once, each kind of them as one row. */
function apart(artifact: RoutingArtifact, cells: { decision: Decision; count: number; sum: number }[]): number {
  const encoder = restoreEncoder(artifact.encoder);
  const batch = createPolicy((artifact.policy as unknown as { spec: PolicySpec }).spec);
  batch.learn(
    cells.map(({ decision: { context, candidates, chosen }, count, sum }) => ({
      context: encoder.encode(context),
      candidates,
      chosen: candidates.indexOf(chosen),
      reward: sum / count,
      weight: count,
    })),
  );
  const whole = { ...artifact, policy: batch.snapshot() };
  return Math.max(
    ...cells.flatMap(({ decision: { context } }) => {
      const [own, all] = [expected(artifact, context), expected(whole, context)];
      return own.map((mean, i) => Math.abs(mean - all[i]!));
    }),
  );
}

export default () => manyDecisions(10_000_000, 50 * 60_000);
