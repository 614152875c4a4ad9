import { checkArgument, checkEach } from "../../core/arguments.js";
import { currentFeedback, type FeedbackRecord, isAsking, type Rating, ratingOf, standsFor } from "../../core/index.js";
import { meanInterval } from "../../math/mean-interval.js";
import type { ConsideredRun, FeedbackRequest } from "../ask/request-types.js";
import { krippendorffAlpha } from "./agreement.js";
import { type ResponseStatistics, responseStatistics } from "./response-bias.js";

/** What the values of one measure say. */
export interface MeasureStatistics {
  count: number;
  /** Had every run been asked: answers to a draw count with the inverse of its probability, see `unasked`. */
  mean: number;
  /** 95 % interval of the mean (see `meanInterval`), clamped to the scale. */
  lower: number;
  upper: number;
  /** How many values lie in each tenth of the scale. */
  histogram: number[];
  /** Krippendorff's alpha over runs with several raters; absent without such runs. */
  agreement?: number;
  /** Where people were asked by a draw: the values of those who spoke up without it, which are not in the mean. */
  unasked?: { count: number; mean: number };
}

/** The mean judgement of a group, had every run been asked, on [0,1], with its 95 % interval; without values only the count. */
export interface GroupStatistics {
  judgements: number;
  mean?: number;
  lower?: number;
  upper?: number;
}

/** What all feedback taken together says. */
export interface FeedbackStatistics {
  /** Facts stored, current judgements, and the runs and raters they are about and by. */
  records: number;
  judgements: number;
  runs: number;
  raters: number;
  bySource: Record<string, number>;
  /** CAT score, 1-10. */
  cat?: MeasureStatistics;
  /** CAT dimensions, 1-10. */
  dimensions: Record<string, MeasureStatistics>;
  /** Ratings, [0,1]. */
  ratings: Record<string, MeasureStatistics>;
  thumbs: { up: number; down: number };
  outcome?: MeasureStatistics;
  /** Scores of automatic evaluators, [0,1], by rater; they are in no other figure but the counts and `byUser`. */
  evaluators: Record<string, MeasureStatistics>;
  byWorkflowType: Record<string, GroupStatistics>;
  byUser: Record<string, GroupStatistics>;
  /** Mean judgement of each week (named by its Monday), in order. */
  trend: (GroupStatistics & { week: string })[];
  responses: ResponseStatistics;
}

/**
 * Statistics over feedback facts (revised and withdrawn ones are out) and the requests for feedback.
 * @example const { runs, cat, ratings } = feedbackStatistics(records);
 */
export function feedbackStatistics(
  records: readonly FeedbackRecord[],
  requests: readonly FeedbackRequest[] = [],
  considered: readonly ConsideredRun[] = [],
): FeedbackStatistics {
  const judgement = { workflowId: "text", userId: "text", source: "text", at: "text" } as const;
  checkEach(records, "records", "a record", judgement, "FEEDBACK_INVALID");
  checkArgument(requests, "requests", "objects", "FEEDBACK_INVALID");
  checkArgument(considered, "considered", "objects", "FEEDBACK_INVALID");
  const current = currentFeedback(records);
  const bySource: Record<string, number> = {};
  const measures = { cat: new Measures(1, 10), dimensions: new Measures(1, 10), rest: new Measures(0, 1) };
  const ratings = new Measures(0, 1);
  const evaluators = new Measures(0, 1);
  const thumbs = { up: 0, down: 0 };
  const types = new Groups();
  const users = new Groups();
  const weeks = new Groups();
  for (const r of current) {
    bySource[r.source] = (bySource[r.source] ?? 0) + 1;
    const unit: Unit = { key: JSON.stringify([r.workflowId, r.decisionId ?? null]), rating: ratingOf([r]) };
    const value = judgementOf(r);
    users.add(r.userId, unit, value);
    if (r.source === "evaluator") {
      if (value !== undefined) evaluators.add(r.userId, unit, value);
      continue;
    }
    if (r.cat) measures.cat.add("cat", unit, r.cat.score);
    for (const [name, value] of Object.entries(r.cat?.dimensions ?? {})) measures.dimensions.add(name, unit, value);
    for (const [name, value] of Object.entries(r.ratings ?? {})) ratings.add(name, unit, value);
    if (r.thumbs) thumbs[r.thumbs]++;
    if (r.outcome !== undefined) measures.rest.add("outcome", unit, r.outcome);
    types.add(r.workflowType ?? "", unit, value);
    weeks.add(mondayOf(r.at), unit, value);
  }
  const cat = measures.cat.summary()["cat"];
  const outcome = measures.rest.summary()["outcome"];
  return {
    records: records.length,
    judgements: current.length,
    runs: new Set(current.map((r) => r.workflowId)).size,
    raters: new Set(current.map((r) => r.userId)).size,
    bySource,
    ...(cat && { cat }),
    dimensions: measures.dimensions.summary(),
    ratings: ratings.summary(),
    thumbs,
    ...(outcome && { outcome }),
    evaluators: evaluators.summary(),
    byWorkflowType: types.summary(),
    byUser: users.summary(),
    trend: Object.entries(weeks.summary())
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([week, group]) => ({ week, ...group })),
    responses: responseStatistics(requests, considered),
  };
}

/** One judgement on [0,1]: the outcome, or the mean of what was scored. */
function judgementOf(r: FeedbackRecord): number | undefined {
  if (r.outcome !== undefined) return r.outcome;
  const values = Object.values(r.ratings ?? {});
  if (r.cat) values.push((r.cat.score - 1) / 9);
  if (r.thumbs) values.push(r.thumbs === "up" ? 1 : 0);
  return values.length > 0 ? values.reduce((a, b) => a + b, 0) / values.length : undefined;
}

function mondayOf(at: string): string {
  const day = new Date(at);
  day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7));
  return day.toISOString().slice(0, 10);
}

/** What was judged, and how its judgement came about. */
interface Unit {
  key: string;
  rating: Rating;
}

/** Values of one measure by judged unit, those of a draw apart from those that came by themselves. */
class Judged {
  private readonly units = new Map<string, { values: number[]; rating: Rating }>();

  add({ key, rating }: Unit, value: number): void {
    const known = this.units.get(`${rating.ratedBy} ${key}`);
    if (known) known.values.push(value);
    else this.units.set(`${rating.ratedBy} ${key}`, { values: [value], rating });
  }

  get size(): number {
    return this.units.size;
  }

  /** The units in the mean and their weights, and the values that are left out of it. */
  split(): { all: number[][]; units: number[][]; weights: number[]; unasked: number[] } {
    const all = [...this.units.values()];
    const how = all.map(({ rating }) => ({ ratedBy: rating.ratedBy, ratedProbability: rating.probability }));
    const asking = isAsking(how);
    const units: number[][] = [];
    const weights: number[] = [];
    const unasked: number[] = [];
    for (const [i, { values }] of all.entries()) {
      const weight = standsFor(how[i], asking);
      if (weight === undefined) unasked.push(...values);
      else {
        units.push(values);
        weights.push(weight);
      }
    }
    return { all: all.map((u) => u.values), units, weights, unasked };
  }
}

class Groups {
  private readonly groups = new Map<string, { judgements: number; judged: Judged }>();

  add(name: string, unit: Unit, value: number | undefined): void {
    const g = this.groups.get(name) ?? { judgements: 0, judged: new Judged() };
    g.judgements++;
    if (value !== undefined) g.judged.add(unit, value);
    this.groups.set(name, g);
  }

  summary(): Record<string, GroupStatistics> {
    return Object.fromEntries(
      [...this.groups].map(([name, { judgements, judged }]) => {
        const { units, weights } = judged.split();
        return [name, { judgements, ...(judged.size > 0 && meanInterval(units, 0, 1, weights)) }];
      }),
    );
  }
}

class Measures {
  private readonly values = new Map<string, Judged>();

  constructor(
    private readonly low: number,
    private readonly high: number,
  ) {}

  add(name: string, unit: Unit, value: number): void {
    const judged = this.values.get(name) ?? new Judged();
    this.values.set(name, judged);
    judged.add(unit, value);
  }

  summary(): Record<string, MeasureStatistics> {
    return Object.fromEntries([...this.values].map(([name, judged]) => [name, this.summaryOf(judged)]));
  }

  private summaryOf(judged: Judged): MeasureStatistics {
    const { low, high } = this;
    const { all, units, weights, unasked } = judged.split();
    const values = all.flat();
    const histogram = new Array<number>(10).fill(0);
    for (const v of values) {
      const bin = Math.min(9, Math.floor((10 * (v - low)) / (high - low)));
      histogram[bin] = histogram[bin] + 1;
    }
    const agreement = krippendorffAlpha(all);
    return {
      count: values.length,
      ...meanInterval(units, low, high, weights),
      histogram,
      ...(agreement !== undefined && { agreement }),
      ...(unasked.length > 0 && {
        unasked: { count: unasked.length, mean: unasked.reduce((a, b) => a + b, 0) / unasked.length },
      }),
    };
  }
}
