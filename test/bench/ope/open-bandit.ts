import { readFileSync } from "node:fs";
import { join } from "node:path";
import { compare, type EstimatorName, estimateValue, type OpeRow } from "../../../src/evaluation/index.js";

/** One impression of the Open Bandit log. */
interface Impression {
  item: number;
  position: number;
  click: number;
  propensity: number;
}

/** An estimate from one policy's log beside the other policy's own click rate. */
export interface TwoSampleTest {
  from: string;
  of: string;
  estimator: EstimatorName;
  estimate: number;
  ownRate: number;
  pValue: number;
  effectiveSampleSize: number;
  rows: number;
}

const ITEMS = 34;
/** The earliest share of a log that the click model is fitted on; it is judged on the rest. */
const MODEL_SHARE = 0.3;

/** Both directions: the uniform log says what Thompson sampling earns, and the other way round. */
export function openBanditTests(folder: string): TwoSampleTest[] {
  const uniform = read(join(folder, "ope/obd_men_random.csv"));
  const sampling = read(join(folder, "ope/obd_men_bts.csv"));
  // The sampling policy ignores the user and drifts; its average over the log is its share per place.
  const share = averagePolicy(sampling);
  const even = () => 1 / ITEMS;
  return [
    ...test("uniform", "thompson sampling", uniform, sampling, share),
    ...test("thompson sampling", "uniform", sampling, uniform, even),
  ];
}

function test(
  from: string,
  of: string,
  log: readonly Impression[],
  other: readonly Impression[],
  policy: (item: number, position: number) => number,
): TwoSampleTest[] {
  const cut = Math.floor(log.length * MODEL_SHARE);
  const clicks = clickModel(log.slice(0, cut));
  const expected = [1, 2, 3].map((position) => {
    let sum = 0;
    for (let item = 0; item < ITEMS; item++) sum += policy(item, position) * clicks(item);
    return sum;
  });
  const rowsOf = (part: readonly Impression[]) =>
    part.map(
      (i): OpeRow => ({
        reward: i.click,
        propensity: i.propensity,
        target: policy(i.item, i.position),
        model: { chosen: clicks(i.item), target: expected[i.position - 1] },
      }),
    );
  const own = estimateValue(
    other.map((i) => ({ reward: i.click, propensity: 1, target: 1 })),
    { estimator: "ips" },
  );
  return (["ips", "snips", "dr"] as const).map((estimator) => {
    const rows = rowsOf(estimator === "dr" ? log.slice(cut) : log);
    const e = estimateValue(rows, { estimator });
    return {
      from,
      of,
      estimator,
      estimate: e.value,
      ownRate: own.value,
      pValue: compare(e, own).pValue,
      effectiveSampleSize: e.overlap.effectiveSampleSize,
      rows: rows.length,
    };
  });
}

/** Click rate per item, pulled towards the overall rate by 200 notional impressions. */
function clickModel(log: readonly Impression[]): (item: number) => number {
  const rate = log.reduce((s, i) => s + i.click, 0) / log.length;
  const clicks = new Float64Array(ITEMS);
  const shown = new Float64Array(ITEMS);
  for (const i of log) {
    clicks[i.item] = clicks[i.item] + i.click;
    shown[i.item] = shown[i.item] + 1;
  }
  return (item) => (clicks[item] + 200 * rate) / (shown[item] + 200);
}

function averagePolicy(log: readonly Impression[]): (item: number, position: number) => number {
  const count = new Map<string, number>();
  const total = new Map<number, number>();
  for (const i of log) {
    count.set(`${i.item}|${i.position}`, (count.get(`${i.item}|${i.position}`) ?? 0) + 1);
    total.set(i.position, (total.get(i.position) ?? 0) + 1);
  }
  return (item, position) => (count.get(`${item}|${position}`) ?? 0) / (total.get(position) ?? 1);
}

function read(file: string): Impression[] {
  const [head, ...lines] = readFileSync(file, "utf8").trim().split("\n");
  const names = head.split(",");
  const [item, position, click, propensity] = ["item", "pos", "click", "p"].map((n) => names.indexOf(n));
  return lines.map((line) => {
    const cells = line.split(",");
    const at = (i: number | undefined) => Number(cells[i as number]);
    return { item: at(item), position: at(position), click: at(click), propensity: at(propensity) };
  });
}
