import { currentFeedback, type FeedbackRecord } from "../../core/index.js";
import type { ComponentStatus } from "../../loop/index.js";
import { type ArtifactView, artifactOf } from "./policies.js";
import type { Source } from "./source.js";

/** A tenth of the predictions, against what people then said. */
interface CalibrationBin {
  predicted: number;
  actual: number;
  /** Standard error of `actual`. */
  error: number;
  count: number;
}

/** How often an evaluator called a run good or bad that people called the opposite. */
export interface EvaluatorAgreement {
  evaluator: string;
  runs: number;
  falsePositives: string[];
  falseNegatives: string[];
}

/** The reward model and how far it can be trusted. */
export interface RewardView {
  model: ArtifactView;
  component?: ComponentStatus;
  calibration: CalibrationBin[];
  /** Root mean squared error of those predictions. */
  rmse?: number;
  evaluators: EvaluatorAgreement[];
  /** How much worse it foresees without a feature, as a share of the reward's variance; the largest first. */
  importances: { feature: string; share: number }[];
}

const ARTIFACT = "reward-model";
/** Newest judgements that are compared. */
const JUDGEMENTS = 5000;
const BINS = 10;
const GOOD = 0.5;

/** Predictions made without a run's own rating against that rating, and evaluators against people. */
export async function rewardsOf(source: Source): Promise<RewardView> {
  const { loop } = source;
  const status = await loop.getLearningStatus();
  const model = artifactOf(source, ARTIFACT);
  const said = await judgements(source);
  const { outOfFold: predictions = {}, importances = [] } = await payloadOf(source, model.champion);
  const pairs = [...said].flatMap(([id, records]) => {
    const predicted = predictions[id];
    const actual = predicted === undefined ? undefined : loop.inspect.reward(id, records, undefined);
    return predicted === undefined || actual === undefined ? [] : [{ predicted, actual }];
  });
  return {
    model,
    component: status.components[ARTIFACT],
    calibration: calibrationOf(pairs),
    ...(pairs.length > 0 && {
      rmse: Math.sqrt(pairs.reduce((s, p) => s + (p.predicted - p.actual) ** 2, 0) / pairs.length),
    }),
    evaluators: agreementOf(source, said),
    importances,
  };
}

async function judgements({ loop }: Source): Promise<Map<string, FeedbackRecord[]>> {
  const byRun = new Map<string, FeedbackRecord[]>();
  for await (const { facts } of loop.inspect.store.read("feedback", { latest: true, limit: JUDGEMENTS }))
    for (const f of facts) byRun.set(f.workflowId, [f, ...(byRun.get(f.workflowId) ?? [])]);
  return byRun;
}

/** What of the serving model's artifact is shown. */
type Payload = Partial<Pick<RewardView, "importances">> & { outOfFold?: Record<string, number> };

async function payloadOf({ loop }: Source, version: string | undefined): Promise<Payload> {
  return version === undefined ? {} : ((await loop.registry.load(ARTIFACT, version)) as Payload);
}

/** Predictions in tenths of equal number, each with the mean of what people said. */
function calibrationOf(pairs: readonly { predicted: number; actual: number }[]): CalibrationBin[] {
  const sorted = [...pairs].sort((a, b) => a.predicted - b.predicted);
  const bins: CalibrationBin[] = [];
  for (let b = 0; b < BINS; b++) {
    const part = sorted.slice(Math.floor((b * sorted.length) / BINS), Math.floor(((b + 1) * sorted.length) / BINS));
    if (part.length < 2) continue;
    const mean = (of: (p: (typeof part)[number]) => number) => part.reduce((s, p) => s + of(p), 0) / part.length;
    const actual = mean((p) => p.actual);
    const variance = part.reduce((s, p) => s + (p.actual - actual) ** 2, 0) / (part.length - 1);
    bins.push({
      predicted: mean((p) => p.predicted),
      actual,
      error: Math.sqrt(variance / part.length),
      count: part.length,
    });
  }
  return bins;
}

function agreementOf({ loop }: Source, said: ReadonlyMap<string, FeedbackRecord[]>): EvaluatorAgreement[] {
  const found = new Map<string, EvaluatorAgreement>();
  for (const [id, records] of said) {
    const current = currentFeedback(records);
    const human = loop.inspect.reward(
      id,
      current.filter((r) => r.source === "human"),
      undefined,
    );
    if (human === undefined) continue;
    for (const r of current) {
      if (r.source !== "evaluator") continue;
      const score = loop.inspect.reward(id, [r], undefined);
      if (score === undefined) continue;
      const row = found.get(r.userId) ?? { evaluator: r.userId, runs: 0, falsePositives: [], falseNegatives: [] };
      found.set(r.userId, row);
      row.runs++;
      if (score >= GOOD && human < GOOD) row.falsePositives.push(id);
      if (score < GOOD && human >= GOOD) row.falseNegatives.push(id);
    }
  }
  return [...found.values()].sort((a, b) => b.runs - a.runs);
}
