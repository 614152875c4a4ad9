import { forecastTrial, planTrial } from "../../src/evaluation/index.js";
import { trialShares } from "../../src/policies/index.js";
import { otherDesigns } from "./proof/designs.js";
import { type LifeOptions, type LoopLife, modelLife } from "./proof/model-life.js";
import { DEAR, dearAndCheap, type ModelWorld, nineModels } from "./proof/model-worlds.js";
import { promotesWrongly } from "./proof/null-life.js";
import { NULL_WORLDS, type NullWorld } from "./proof/null-worlds.js";
import { type SentinelLife, sentinelLife } from "./proof/sentinel-life.js";
import { type TrialLife, trialLife } from "./proof/trial-life.js";
import { ungatedLife } from "./proof/ungated-life.js";
import { type Bench, median, quantile, round } from "./support/bench.js";
import { dataFolder } from "./support/data.js";
import { runPart } from "./support/part.js";

/** Of the lifetime risk of 0.05, the part that trials have; logs that exist already have the rest. */
const RISK = 0.04;
const WORLDS = [
  { name: "+5, 3 destinations", destinations: 3, contested: 1, gain: 0.05 },
  { name: "+5, 9 destinations", destinations: 9, contested: 0.7, gain: 0.05 },
  { name: "+15, 3 destinations", destinations: 3, contested: 1, gain: 0.15 },
  { name: "+15, 9 destinations", destinations: 9, contested: 0.7, gain: 0.15 },
];
/** What is left to gain where a champion serves: rewards are high, and a later version chooses otherwise on few decisions. */
const CHAMPIONS = [
  { name: "+1, 3 destinations, 8 % contested", destinations: 3, contested: 0.08, gain: 0.01, base: 0.85 },
  { name: "+2.5, 3 destinations, 25 % contested", destinations: 3, contested: 0.25, gain: 0.025, base: 0.85 },
];
const OPTIONS = { exploration: 0.1, riskLevel: RISK, learning: 300, perLook: 100 };

/**
 * The trial stage: in simulated worlds, where nothing is to be gained, and in the real loop over nine models, which runs
 * beside in a process of its own. `--part=simulated`, `--part=models` and `--part=sentinel` run one of them alone.
 */
const proof: Bench = async ({ quick, args }) => {
  const part = args.find((a) => a.startsWith("--part="))?.slice("--part=".length);
  if (part === "models") return { loop: await modelLives(quick) };
  if (part === "sentinel") return { sentinel: await sentinels(quick) };
  if (part === "simulated") return simulated(quick);
  const models = runPart("proof", ["--part=models", ...(quick ? ["--quick"] : [])]);
  // A failure is told where it is awaited.
  models.catch(() => {});
  const figures = { ...simulated(quick), sentinel: await sentinels(quick) };
  return { ...figures, ...(await models) };
};
export default proof;

/** Worlds whose truth is known. */
function simulated(quick: boolean): Record<string, unknown> {
  const lives = quick ? 2 : 200;
  const until: Record<string, unknown> = {};
  for (const world of [...WORLDS, ...CHAMPIONS])
    for (const upTo of [0.5, undefined]) {
      const limit = quick ? 8_000 : 80_000;
      const of = many(lives, (s) =>
        trialLife(`until/${s}`, { base: 0.6, ...world }, { ...OPTIONS, limit, ...(upTo && { upTo }) }),
      );
      const decisions = of.map((l) => (l.outcome === "promote" ? l.decisions : limit));
      const name = `${world.name}, ${upTo === undefined ? "within the budget" : `up to ${upTo}`}`;
      until[name] = {
        median: Math.round(median(decisions)),
        likely: Math.round(quantile(decisions, 0.8)),
        promoted: of.filter((l) => l.outcome === "promote").length,
        of: lives,
      };
      console.log(name, until[name]);
    }

  const worse: Record<string, unknown> = {};
  for (const gain of [-0.05, -0.15, -0.4]) {
    const world = { destinations: 9, contested: 0.7, base: 0.6, gain };
    const budget = 2 * planTrial({ exploration: 0.1, traffic: 1, effect: 0.05, contested: 0.7 }).taken;
    const of = many(quick ? 1 : 100, (s) => trialLife(`worse/${s}`, world, { ...OPTIONS, limit: 60_000, budget }));
    const lost = of.map((l) => l.lost);
    worse[gain] = {
      lost: round(median(lost), 1),
      likely: round(quantile(lost, 0.9), 1),
      bound: round((-gain / 0.7) * budget, 1),
      stopped: of.filter((l) => l.outcome === "stop").length,
    };
  }
  console.log("reward lost to a worse challenger until it is stopped:", worse);

  const designs: Record<string, unknown> = {};
  for (const world of WORLDS) {
    const [own, limit] = quick ? [1, 2_000] : [5, 60_000];
    designs[world.name] = otherDesigns({ ...world, base: 0.6 }, OPTIONS.exploration, RISK, own, limit);
  }
  console.log("other designs, decisions:", designs);

  const falsePromotions: Record<string, unknown> = {};
  const nulls = quick ? 2 : 1000;
  for (const world of Object.keys(NULL_WORLDS) as NullWorld[]) {
    const wrong = many(nulls, (s) => promotesWrongly(`null/${world}/${s}`, world)).filter(Boolean).length;
    falsePromotions[world] = wrong / nulls;
  }
  console.log(`lives in which a version that is no better was promoted, of ${nulls}:`, falsePromotions);

  const forecasts = forecastsHeld(quick ? 1 : 60);
  console.log("forecasts:", forecasts);

  return { until, worse, designs, falsePromotions, riskLevel: RISK, forecasts };
}

/**
 * The real loop over questions: nine models, and a dear and a cheap one where what serves is the best single model
 * already and a dear answer costs {@link DEAR} of a right one.
 */
async function modelLives(quick: boolean): Promise<Record<string, unknown>> {
  const folder = dataFolder();
  if (!folder) return {};
  const lives = async (name: string, world: ModelWorld, orders: number, options: Omit<LifeOptions, "order">) => {
    const of: LoopLife[] = [];
    for (let order = 1; order <= (quick ? 1 : orders); order++)
      of.push(await modelLife(world, { order, ...options, ...(quick && { runs: 100 }) }));
    const figures = shown(of);
    console.log(name, figures);
    return figures;
  };
  const options = { runs: 5000, perCycle: 100, exploration: 0.1, upTo: 0.5 };
  const nine = nineModels(folder);
  const ungated = many(quick ? 1 : 6, (order) => round(ungatedLife(nine, order, quick ? 500 : options.runs)));
  console.log("without text, each version served at once and unproven:", ungated);
  return {
    ungated,
    "without text": await lives("without text", nine, 6, { ...options, withText: false }),
    "with text": await lives("with text", nine, 6, { ...options, withText: true }),
    costOfDear: DEAR,
    "mmlu, best single model before": await lives("mmlu, best single model before", dearAndCheap(folder, "mmlu"), 3, {
      ...options,
      withText: true,
    }),
    "gsm8k, best single model before": await lives(
      "gsm8k, best single model before",
      dearAndCheap(folder, "gsm8k"),
      3,
      { ...options, withText: true },
    ),
  };
}

function shown(lives: readonly LoopLife[]): Record<string, unknown> {
  const rounded = (key: Exclude<keyof LoopLife, "verdicts">, digits = 3) =>
    lives.map((l) => (l[key] === undefined ? null : round(l[key], digits)));
  return {
    promotedAt: rounded("promotedAt", 0),
    gainAtPromotion: rounded("gainAtPromotion"),
    gainAtEnd: rounded("gainAtEnd"),
    gainOnTraffic: rounded("gainOnTraffic"),
    leastServed: rounded("leastServed"),
    beforePromotion: rounded("beforePromotion", 4),
    earned: rounded("earned", 4),
  };
}

/** Six lives of a Sentinel: runs until a policy trained in simulation is promoted, and its gain on the next 300. */
async function sentinels(quick: boolean): Promise<Record<string, unknown>> {
  const lives: SentinelLife[] = [];
  for (let seed = 1; seed <= (quick ? 1 : 6); seed++)
    lives.push(
      await sentinelLife(
        quick
          ? { seed, runs: 20, perCycle: 20, trainAfter: 10, totalSteps: 500, after: 5 }
          : { seed, runs: 1500, perCycle: 100, trainAfter: 200, totalSteps: 40_000, after: 300 },
      ),
    );
  const gains = lives.flatMap((l) => (l.gain ? [l.gain] : []));
  const weightOf = (g: { standardError: number }) => 1 / Math.max(1e-9, g.standardError ** 2);
  const total = gains.reduce((s, g) => s + weightOf(g), 0);
  const mean = gains.reduce((s, g) => s + g.mean * weightOf(g), 0) / total;
  const half = 1.96 / Math.sqrt(total);
  const figures = {
    promotedAt: lives.map((l) => l.promotedAt ?? null),
    gain: lives.map((l) => (l.gain ? round(l.gain.mean, 4) : null)),
    together:
      gains.length > 0 ? { low: round(mean - half, 4), mean: round(mean, 4), high: round(mean + half, 4) } : null,
  };
  console.log("sentinel:", figures);
  return figures;
}

function many<T>(count: number, life: (seed: number) => T): T[] {
  return Array.from({ length: count }, (_, s) => life(s));
}

/** Statements taken at .2, .4, .6 and .8 of the way to a promotion, against what came. */
function forecastsHeld(lives: number): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  const all: Statement[] = [];
  for (const upTo of [undefined, 0.5])
    for (const gain of [0.05, 0.15]) {
      const own = many(lives, (s) => statementsOf(`forecast/${gain}/${s}`, gain, upTo)).flat();
      out[`+${100 * gain}, ${upTo === undefined ? "within the budget" : `up to ${upTo}`}`] = summed(own);
      all.push(...own);
    }
  return { ...summed(all), ...out };
}

interface Statement {
  way: number;
  isEarly: boolean;
  held: boolean;
  ratio: number;
}

function statementsOf(seed: string, gain: number, upTo: number | undefined): Statement[] {
  const world = { destinations: 9, contested: 0.7, base: 0.6, gain };
  const life: TrialLife = trialLife(seed, world, { ...OPTIONS, limit: 40_000, ...(upTo && { upTo }) }, true);
  const { share } = trialShares(OPTIONS.exploration, world.contested);
  if (life.looks.length < 5) return [];
  return [0.2, 0.4, 0.6, 0.8].flatMap((way) => {
    const look = life.looks[Math.floor(way * life.looks.length) - 1];
    if (!look) return [];
    const { decisions, isEarly } = forecastTrial(look.state, RISK, { share, upTo });
    if (!decisions) return [];
    const actual = life.outcome === "promote" ? life.decisions - look.decisions : Number.POSITIVE_INFINITY;
    const held = actual >= decisions.lower && actual <= decisions.upper;
    return [{ way, isEarly, held, ratio: decisions.median / actual }];
  });
}

function summed(statements: readonly Statement[]): Record<string, number> {
  const count = Math.max(1, statements.length);
  const late = statements.filter((s) => s.way >= 0.5).map((s) => s.ratio);
  return {
    stated: statements.length,
    held: round(statements.filter((s) => s.held).length / count),
    tooEarly: round(statements.filter((s) => s.isEarly).length / count),
    medianRatio: round(median(late.length > 0 ? late : [Number.NaN])),
  };
}
