import type { DecisionContext } from "../../src/core/index.js";
import { type LearningWorker, startLearningWorker } from "../../src/learning/thread/host.js";
import { RewardModel } from "../../src/rewards/index.js";
import type { FitRewardModelInput } from "../../src/worker/jobs/reward-model.js";
import { ablation } from "./reward/ablation.js";
import { judgesBesidePeople } from "./reward/judges.js";
import { ratingBias } from "./reward/rating-bias.js";
import { routingWithFewRatings } from "./reward/routing.js";
import { numericColumns, type RewardSet, rewardSets } from "./reward/sets.js";
import { traceSets } from "./reward/trace-sets.js";
import { type Bench, quantile, round } from "./support/bench.js";
import { dataFolder } from "./support/data.js";
import { peersPython, runPeer } from "./support/peers.js";

/** Members were chosen on the folds of another seed. */
const FOLD_SEED = 2;

interface Outcome {
  predictions: Float64Array;
  members: Record<string, Float64Array>;
  /** Per row: inside the 90 % interval, and prediction's third within its training fold's model. */
  covered: boolean[];
  unknown: number;
  seconds: number[];
  /** Of processor time, all folds together. */
  cpuSeconds: number;
  weights: Record<string, number>;
}

async function outOfFold(worker: LearningWorker, s: RewardSet, folds: readonly number[]): Promise<Outcome> {
  const n = s.y.length;
  const outcome: Outcome = {
    predictions: new Float64Array(n).fill(Number.NaN),
    members: {},
    covered: [],
    unknown: 0,
    seconds: [],
    cpuSeconds: 0,
    weights: {},
  };
  for (const k of folds) {
    const train = [...s.y.keys()].filter((i) => s.fold[i] !== k);
    const test = [...s.y.keys()].filter((i) => s.fold[i] === k);
    const input: FitRewardModelInput = {
      seed: 1,
      examples: train.map((i) => ({
        features: s.rows[i] as DecisionContext,
        targets: { reward: s.y[i] },
        group: s.group[i],
      })),
    };
    const started = performance.now();
    const before = process.cpuUsage();
    const { snapshot, report } = await worker.run("rewards.fit", input);
    outcome.seconds.push((performance.now() - started) / 1000);
    const { user, system } = process.cpuUsage(before);
    outcome.cpuSeconds += (user + system) / 1e6;
    const model = await RewardModel.restore(snapshot);
    const features = test.map((i) => s.rows[i] as DecisionContext);
    model.predict(features).forEach((p, j) => {
      const i = test[j];
      outcome.predictions[i] = p.mean;
      outcome.covered[i] = p.lower <= s.y[i] && s.y[i] <= p.upper;
      if (!p.known) outcome.unknown++;
    });
    for (const [kind, predicted] of Object.entries(model.predictMembers(features))) {
      outcome.members[kind] ??= new Float64Array(n).fill(Number.NaN);
      test.forEach((i, j) => {
        outcome.members[kind][i] = predicted[j];
      });
    }
    for (const m of report["reward"]?.members ?? [])
      outcome.weights[m.kind] = round((outcome.weights[m.kind] ?? 0) + m.weight / folds.length, 2);
    model.dispose();
  }
  return outcome;
}

const rows = (p: Float64Array) => [...p.keys()].filter((i) => !Number.isNaN(p[i]));
const rmse = (p: Float64Array, y: readonly number[]) => {
  const at = rows(p);
  return Math.sqrt(at.reduce((a, i) => a + (p[i] - y[i]) ** 2, 0) / at.length);
};

function correlation(p: Float64Array, y: readonly number[]): number {
  const at = rows(p);
  const mean = (f: (i: number) => number) => at.reduce((a, i) => a + f(i), 0) / at.length;
  const [a, b] = [mean((i) => p[i]), mean((i) => y[i])];
  const cross = mean((i) => (p[i] - a) * (y[i] - b));
  return cross / Math.sqrt(mean((i) => (p[i] - a) ** 2) * mean((i) => (y[i] - b) ** 2));
}

/** Share of pairs with different values that are predicted in the right order; ties count half. */
function pairwiseAccuracy(p: Float64Array, y: readonly number[]): number {
  const at = rows(p);
  const step = Math.max(1, Math.floor(at.length / 600));
  const used = at.filter((_, k) => k % step === 0);
  let right = 0;
  let pairs = 0;
  for (const i of used)
    for (const j of used) {
      if (!(y[i] > y[j])) continue;
      pairs++;
      right += p[i] === p[j] ? 0.5 : p[i] > p[j] ? 1 : 0;
    }
  return right / pairs;
}

/** Exact central binomial band that holds the share of hits with 99 % probability at a hit rate of 0.9. */
function binomialBand(n: number): [number, number] {
  let logTerm = n * Math.log(0.1);
  let sum = 0;
  let low = -1;
  let high = n;
  for (let k = 0; k <= n; k++) {
    sum += Math.exp(logTerm);
    if (low < 0 && sum > 0.005) low = k;
    if (sum >= 0.995) {
      high = k;
      break;
    }
    logTerm += Math.log(((n - k) / (k + 1)) * 9);
  }
  return [low / n, high / n];
}

type PeerResult = Record<string, Record<string, { predictions: number[]; seconds: number; cpuSeconds: number }>>;

/** What each member is worth, where few and where some more runs are rated. `--part=ablation` runs this alone. */
function ablated(folder: string, quick: boolean) {
  const sets = [...rewardSets(folder, FOLD_SEED), ...traceSets(folder, FOLD_SEED)];
  if (quick) return ablation(sets.slice(0, 1), { sizes: [60], seeds: [1] });
  return ablation(sets, { sizes: [60, 250], seeds: [1, 2, 3] });
}

/** Processor time of all folds beside that of each tuned peer, its tuning included. */
function timesOf(cpuSeconds: number, peers: PeerResult[string] = {}) {
  const tuned = Object.entries(peers).filter(([name]) => name.endsWith("Tuned"));
  return {
    peerCpuSeconds: Object.fromEntries(tuned.map(([name, p]) => [name, p.cpuSeconds])),
    timesTunedPeer: Object.fromEntries(tuned.map(([name, p]) => [name, round(cpuSeconds / p.cpuSeconds, 2)])),
  };
}

const bench: Bench = async ({ quick, args }) => {
  const folder = dataFolder();
  if (!folder) return { missing: "the folder of real data (LEARNING_DATA)" };
  if (args.includes("--part=ablation")) return { ablation: await ablated(folder, quick) };
  // `--targets=relevance,score` fits these and ends there.
  const targets = args.find((a) => a.startsWith("--targets="))?.slice("--targets=".length);
  const wanted = targets?.split(",") ?? (quick ? ["relevance", "score"] : undefined);
  const sets = rewardSets(folder, FOLD_SEED).filter((s) => !wanted || wanted.includes(s.target));
  const folds = quick ? [0, 1] : [0, 1, 2, 3, 4];
  const entry = new URL("../../dist/worker/main.js", import.meta.url);
  const worker = startLearningWorker({ entry, logger: { debug() {}, info() {}, warn() {}, error() {} } });
  // The peers run beside the members, on the other core.
  const running = peersPython()
    ? runPeer<PeerResult>("peer_trees.py", {
        tuned: !quick,
        sets: sets.map((s) => ({
          name: `${s.set}/${s.target}`,
          x: numericColumns(s.rows),
          y: s.y,
          fold: s.fold,
          group: s.group,
        })),
      })
    : undefined;

  const outcomes: Outcome[] = [];
  for (const s of sets) outcomes.push(await outOfFold(worker, s, folds));
  const peers = await running;
  const table = [];
  const ratios: number[] = [];
  const covered: { third: number; hit: boolean }[] = [];
  const seconds: number[] = [];
  for (const [at, s] of sets.entries()) {
    const o = outcomes[at];
    const blend = rmse(o.predictions, s.y);
    const used = rows(o.predictions);
    const cuts = [1 / 3, 2 / 3].map((q) =>
      quantile(
        used.map((i) => o.predictions[i]),
        q,
      ),
    );
    for (const i of used) {
      const value = o.predictions[i];
      covered.push({
        third: value < cuts[0] ? 0 : value < cuts[1] ? 1 : 2,
        hit: o.covered[i],
      });
    }
    seconds.push(...o.seconds);
    const of = (p: Float64Array) => ({
      rmse: round(rmse(p, s.y), 4),
      correlation: round(correlation(p, s.y)),
      pairwise: round(pairwiseAccuracy(p, s.y)),
    });
    const peerFigures = Object.fromEntries(
      Object.entries(peers?.[`${s.set}/${s.target}`] ?? {}).map(([name, peer]) => [
        name,
        of(Float64Array.from(o.predictions, (v, i) => (Number.isNaN(v) ? v : peer.predictions[i]))),
      ]),
    );
    const best = Math.min(...Object.values(peerFigures).map((f) => f.rmse));
    if (Number.isFinite(best)) ratios.push(blend / best);
    // A member without weight in a fold predicts nothing there; its error over the rest would compare with nothing.
    const whole = Object.entries(o.members).filter(([, p]) => rows(p).length === used.length);
    const figures = {
      blend: of(o.predictions),
      ...Object.fromEntries(whole.map(([k, p]) => [k, of(p)])),
    };
    const only = <T extends Record<string, { rmse: number }>>(f: T) =>
      Object.fromEntries(Object.entries(f).map(([k, v]) => [k, v.rmse]));
    table.push({
      set: s.set,
      target: s.target,
      rmse: only(figures),
      peers: only(peerFigures),
      ratioToBestPeer: round(blend / best, 4),
      correlation: {
        blend: figures.blend.correlation,
        ...Object.fromEntries(Object.entries(peerFigures).map(([k, v]) => [k, v.correlation])),
      },
      pairwise: {
        blend: figures.blend.pairwise,
        ...Object.fromEntries(Object.entries(peerFigures).map(([k, v]) => [k, v.pairwise])),
      },
      coverage90: round(used.filter((i) => o.covered[i]).length / used.length),
      unknown: o.unknown,
      weights: o.weights,
      trainingSeconds: round(Math.max(...o.seconds), 1),
      cpuSeconds: round(o.cpuSeconds, 1),
      ...timesOf(o.cpuSeconds, peers?.[`${s.set}/${s.target}`]),
    });
    console.log(JSON.stringify(table.at(-1)));
  }

  if (targets) {
    await worker.close();
    return { sets: table };
  }

  const traces = [];
  for (const s of traceSets(folder, FOLD_SEED)) {
    const o = await outOfFold(worker, s, folds);
    const used = rows(o.predictions);
    const means = Float64Array.from(s.y, (_, i) => {
      const type = s.rows[i]?.["taskType"];
      const others = [...s.y.keys()].filter((j) => s.fold[j] !== s.fold[i] && s.rows[j]?.["taskType"] === type);
      return others.reduce((a, j) => a + s.y[j], 0) / others.length;
    });
    const kept = Float64Array.from(means, (v, i) => (Number.isNaN(o.predictions[i]) ? Number.NaN : v));
    traces.push({
      set: s.set,
      runs: used.length,
      rmse: round(rmse(o.predictions, s.y), 4),
      typeMeanRmse: round(rmse(kept, s.y), 4),
      pairwise: round(pairwiseAccuracy(o.predictions, s.y)),
    });
    console.log(JSON.stringify(traces.at(-1)));
  }
  await worker.close();

  const seeds = Array.from({ length: quick ? 3 : 20 }, (_, i) => i + 1);
  const routing = await routingWithFewRatings(folder, seeds);
  console.log(JSON.stringify(routing));
  const bias = await ratingBias(folder);
  console.log(JSON.stringify(bias));
  const judges = judgesBesidePeople(folder);
  console.log(JSON.stringify(judges));
  const withoutMembers = await ablated(folder, quick);
  console.log(JSON.stringify(withoutMembers));
  const share = (list: readonly { hit: boolean }[]) => list.filter((c) => c.hit).length / list.length;
  return {
    sets: table,
    traces,
    bias,
    judges,
    routing,
    ablation: withoutMembers,
    ...(ratios.length > 0 && {
      meanRatioToBestPeer: round(Math.exp(ratios.reduce((a, r) => a + Math.log(r), 0) / ratios.length), 4),
      worstRatioToBestPeer: round(Math.max(...ratios), 4),
    }),
    coverage90: round(share(covered), 4),
    coverageByThird: [0, 1, 2].map((third) => {
      const own = covered.filter((c) => c.third === third);
      return { coverage: round(share(own), 4), band: binomialBand(own.length).map((v) => round(v, 4)) };
    }),
    slowestTrainingSeconds: round(Math.max(...seconds), 1),
  };
};
export default bench;
