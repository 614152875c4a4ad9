import { COVERAGE_FLOOR } from "../../src/evaluation/index.js";
import { type CoverageRow, coverage, summarise } from "./ope/coverage.js";
import { type Life, promotionCost, uneventfulLife } from "./ope/lifetime.js";
import { openBanditTests } from "./ope/open-bandit.js";
import { type Bench, round } from "./support/bench.js";
import { dataFolder } from "./support/data.js";

const RISK_LEVEL = 0.05;
/** Logs drawn from each world, so that chance moves the coverage less. */
const LOGS_PER_WORLD = 3;
const UNBIASED = ["ips", "snips", "dr"];

/** Estimators, intervals and the gate against worlds of known truth, and against the Open Bandit logs. */
const ope: Bench = async ({ quick }) => {
  // The bootstrap resamples a thousand times, so it sees fewer worlds than the closed-form intervals.
  const worlds = coverage(quick ? 150 : 1000, LOGS_PER_WORLD, "worlds", ["normal", "empirical-bernstein"]);
  const resampled = coverage(quick ? 10 : 100, 1, "worlds", ["bootstrap"]);
  const above = [...summarise(worlds, COVERAGE_FLOOR), ...summarise(resampled, COVERAGE_FLOOR)];
  print(`effective sample size of at least ${COVERAGE_FLOOR}`, above);
  print("below it", summarise(worlds, 0, COVERAGE_FLOOR));
  const row = (estimator: string, method = "normal") =>
    above.find((r) => r.estimator === estimator && r.method === method) as CoverageRow;

  const life = { cycles: quick ? 40 : 96, perCycle: 25, riskLevel: RISK_LEVEL };
  const hasty = lives(quick ? 20 : 200, { ...life, power: 0.01 });
  const usual = lives(quick ? 10 : 40, { ...life, power: 0.5 });
  console.log(`lives of ${life.cycles} cycles, ${life.perCycle} decisions each, a new challenger every cycle:`);
  console.log("  judging as early as possible", hasty);
  console.log("  judging by forecast (default)", usual);

  const decisionsToPromote: Record<string, Record<string, unknown>> = {};
  for (const gain of [0.05, 0.15])
    for (const exploration of [0.05, 0.1, 0.5]) {
      const cost = promotionCost(quick ? 3 : 5, {
        gain,
        exploration,
        step: 100,
        limit: quick ? 10_000 : 40_000,
        riskLevel: RISK_LEVEL,
      });
      const label = `+${100 * gain}`;
      decisionsToPromote[label] = { ...decisionsToPromote[label], [exploration]: cost.median };
      console.log(`decisions until promotion at ${label} points, exploration ${exploration}:`, cost);
    }

  const folder = dataFolder();
  const openBandit = folder ? openBanditTests(folder) : undefined;
  if (!openBandit) console.log("Open Bandit: the data is missing; set LEARNING_DATA to its folder");
  for (const t of openBandit ?? [])
    console.log(
      `Open Bandit, ${t.of} from the ${t.from} log by ${t.estimator}: ${t.estimate.toFixed(5)} against ${t.ownRate.toFixed(5)}, p ${t.pValue.toFixed(2)}, effective sample size ${t.effectiveSampleSize.toFixed(0)} of ${t.rows}`,
    );

  return {
    coverage95: Object.fromEntries(UNBIASED.map((e) => [e, round(row(e).coverage)])),
    widthOverOracle: Object.fromEntries(UNBIASED.map((e) => [e, round(row(e).widthRatio)])),
    floor: COVERAGE_FLOOR,
    logsAboveFloor: row("dr").logs,
    rmseDr: round(row("dr").rmse, 4),
    rmseIps: round(row("ips").rmse, 4),
    rmseSnips: round(row("snips").rmse, 4),
    falsePromotion: hasty.falsePromotion,
    riskLevel: RISK_LEVEL,
    falsePromotionByDefault: usual.falsePromotion,
    falseHealthy: hasty.falseHealthy,
    falseRollBack: hasty.falseRollBack,
    lives: hasty.lives,
    judgementsPerLife: hasty.judgements,
    decisionsToPromote,
    openBandit: openBandit?.map((t) => ({
      ...t,
      estimate: round(t.estimate, 5),
      pValue: round(t.pValue),
      effectiveSampleSize: round(t.effectiveSampleSize, 0),
    })),
  };
};
export default ope;

function lives(count: number, options: Parameters<typeof uneventfulLife>[1]) {
  const all: Life[] = Array.from({ length: count }, (_, i) => uneventfulLife(`life/${i}`, options));
  const share = (of: (l: Life) => boolean) => round(all.filter(of).length / count, 4);
  return {
    lives: count,
    falsePromotion: share((l) => l.promotedWrongly),
    falseHealthy: share((l) => l.falselyHealthy),
    falseRollBack: share((l) => l.falselyRolledBack),
    judgements: round(all.reduce((s, l) => s + l.judgements, 0) / count, 1),
  };
}

function print(title: string, rows: readonly CoverageRow[]): void {
  console.log(`95 % intervals, ${title}:`);
  for (const r of rows)
    console.log(
      `  ${r.estimator.padEnd(12)} ${r.method.padEnd(20)} logs ${String(r.logs).padStart(4)}  coverage ${r.coverage.toFixed(3)}  RMSE ${r.rmse.toFixed(4)}  width over oracle ${r.widthRatio.toFixed(2)}`,
    );
}
