/**
 * Experiments between prompts in simulation: false winners under continuous looking, outcomes to a correct
 * decision beside a fixed-horizon test and track-and-stop, and the contextual policy on differing segments.
 */
import { createRng } from "../../src/math/rng.js";
import { learnContextualPolicy, type VariantRow } from "../../src/prompts/index.js";
import { simulate } from "../prompts/support/simulate.js";
import { type Ended, fixedHorizon, trackAndStop } from "./support/ab-peers.js";
import { type Bench, median, quantile, round } from "./support/bench.js";

const DELTA = 0.05;
const MOST = 100_000;

/** Share of experiments without a difference that name a winner, looked at after each of up to 1,000 outcomes. */
function falseWinners(
  experiments: number,
  means: readonly number[],
  allocation: "fixed" | "thompson" | "track-and-stop",
) {
  let winners = 0;
  for (let i = 0; i < experiments; i++) {
    const rng = createRng(`null/${allocation}/${means.length}/${i}`);
    if (simulate(means, { allocation, maxOutcomes: 1000, minimumEffect: 0.01, alpha: DELTA }, rng).verdict === "winner")
      winners++;
  }
  return winners / experiments;
}

interface World {
  name: string;
  means: readonly number[];
}

const WORLDS: readonly World[] = [
  { name: "0.5 and 0.6", means: [0.5, 0.6] },
  { name: "0.8 and 0.9", means: [0.8, 0.9] },
  { name: "four, one better by 0.15", means: [0.5, 0.5, 0.5, 0.65] },
  { name: "four, spread", means: [0.3, 0.35, 0.4, 0.5] },
];

/** Median outcomes of the correct decisions, and their share. */
function race({ means }: World, repeats: number) {
  const best = means.length - 1;
  const gap = means[best] - Math.max(...means.slice(0, best));
  const ours =
    (allocation: "fixed" | "thompson" | "track-and-stop") =>
    (seed: string): Ended => {
      const r = simulate(means, { allocation, alpha: DELTA, maxOutcomes: MOST, minimumEffect: 0.01 }, createRng(seed));
      return { samples: r.outcomes, ...(r.winner && { winner: Number(r.winner.slice(1)) - 1 }) };
    };
  const methods: Record<string, (seed: string) => Ended> = {
    anytime: ours("fixed"),
    anytimeTrackAndStop: ours("track-and-stop"),
    anytimeThompson: ours("thompson"),
    trackAndStop: (seed) => trackAndStop(means, DELTA, createRng(seed), MOST, true),
    trackAndStopHeuristic: (seed) => trackAndStop(means, DELTA, createRng(seed), MOST, false),
    fixedHorizonExact: (seed) => fixedHorizon(means, DELTA, gap, createRng(seed)),
    fixedHorizonCautious: (seed) => fixedHorizon(means, DELTA, gap / 2, createRng(seed)),
  };
  return Object.fromEntries(
    Object.entries(methods).map(([name, run]) => {
      const ended = Array.from({ length: repeats }, (_, i) => run(`${name}/${means}/${i}`));
      const right = ended.filter((e) => e.winner === best);
      const samples = right.map((e) => e.samples);
      return [
        name,
        {
          median: median(samples),
          p90: quantile(samples, 0.9),
          correct: right.length / repeats,
          wrong: ended.filter((e) => e.winner !== undefined && e.winner !== best).length / repeats,
        },
      ];
    }),
  );
}

/** Segments prefer different variants; the policy's true value against the best single variant's. */
function contextual(seed: number) {
  const rng = createRng(`segments${seed}`);
  const value: Record<string, Record<string, number>> = {
    formal: { v1: 0.4, v2: 0.7, v3: 0.5 },
    casual: { v1: 0.65, v2: 0.35, v3: 0.5 },
    terse: { v1: 0.45, v2: 0.5, v3: 0.7 },
  };
  const segments = Object.keys(value);
  const variants = ["v1", "v2", "v3"];
  const probabilities = { v1: 1 / 3, v2: 1 / 3, v3: 1 / 3 };
  const rows: VariantRow[] = Array.from({ length: 3000 }, (_, i) => {
    const segment = segments[rng.int(3)];
    const variant = variants[rng.int(3)];
    const reward = rng.next() < value[segment]?.[variant] ? 1 : 0;
    return { context: { segment, length: rng.int(500) }, variant, probabilities, reward, run: `r${i}` };
  });
  const learned = learnContextualPolicy("p", rows, variants, seed);
  const singles = variants.map((v) => segments.reduce((s, g) => s + value[g]?.[v], 0) / segments.length);
  const best = segments.reduce((s, g) => s + Math.max(...Object.values(value[g] ?? {})), 0) / segments.length;
  return {
    better: learned?.better ?? false,
    gain: learned?.gain ?? 0,
    lower: learned?.lower ?? 0,
    trueBestGain: best - Math.max(...singles),
  };
}

const bench: Bench = async ({ quick }) => {
  const experiments = quick ? 300 : 10_000;
  const nulls = {
    fixed: falseWinners(experiments, [0.5, 0.5], "fixed"),
    fixedFour: falseWinners(experiments / 10, [0.4, 0.4, 0.4, 0.4], "fixed"),
    trackAndStop: falseWinners(experiments / 10, [0.5, 0.5], "track-and-stop"),
    thompson: falseWinners(experiments / 10, [0.5, 0.5], "thompson"),
  };
  console.log("share of false winners with a look after each of 1,000 outcomes", nulls);
  const worlds = WORLDS.map((w) => ({ name: w.name, results: race(w, quick ? 15 : 100) }));
  for (const { name, results } of worlds) console.log(name, results);
  const methods = Object.keys(worlds[0]?.results ?? {});
  const samplesToDecision = Object.fromEntries(
    methods.map((m) => [m, round(median(worlds.map((w) => w.results[m]?.median ?? Number.NaN)), 0)]),
  );
  const segments = [1, 2, 3, 4, 5].map(contextual);
  console.log("contextual policy over variants", segments);
  return {
    falseWinners: nulls.fixed,
    falseWinnersBy: nulls,
    experiments,
    samplesToDecision,
    correctDecisions: Object.fromEntries(
      methods.map((m) => [m, round(Math.min(...worlds.map((w) => w.results[m]?.correct ?? 0)), 2)]),
    ),
    contextualGain: round(median(segments.map((s) => s.gain)), 3),
    contextualWins: segments.filter((s) => s.better).length / segments.length,
  };
};

export default bench;
