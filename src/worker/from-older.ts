// Runs in the learning thread.
import type { DecisionRow } from "../dataset/index.js";
import type { DestinationChange } from "../evaluation/improvement.js";
import { policyRowOf } from "../evaluation/point/encode.js";
import { meanInterval } from "../math/mean-interval.js";
import { type PolicySettings, type StartedPolicy, startPolicy, taughtArtifact } from "./start-policy.js";
import type { StatisticsBook } from "./statistics.js";
import { teach } from "./teach.js";

/** A policy that knows a point's older decisions and all but the newest of those held. */
export interface OlderTaught {
  started: StartedPolicy;
  /** Time of the oldest decision it knows, and how many rated ones. */
  from: string;
  rows: number;
  /** The newest rows, which it has not learned. */
  rest: readonly DecisionRow[];
}

/** Share of the rows, the newest, by which is judged whether older decisions help. */
const HELD_BACK = 0.1;

/**
 * Goes on from what a point's older decisions taught, where that predicts the newest rows no worse, beyond chance, than
 * the rows held alone do. Where it is worse, the world is another one or contexts say something new: the older decisions are dropped.
 * @param rows rated rows in the order of time
 */
export function fromOlder(
  statistics: StatisticsBook,
  point: PolicySettings & { settings: string; changes?: readonly DestinationChange[] },
  rows: readonly DecisionRow[],
  onStep: () => void,
): OlderTaught | undefined {
  const older = statistics.startOf(point.decisionPoint, point.settings);
  if (!older) return undefined;
  const count = Math.max(1, Math.floor(rows.length * HELD_BACK));
  const [known, rest] = [rows.slice(0, -count), rows.slice(-count)];
  if (known.length === 0) return undefined;
  if (!point.changes?.some(({ at }) => at > older.from)) {
    const alone = startPolicy(point, known);
    teach(alone.policy, known, [], alone.encoders, onStep);
    const taught = teach(older.policy, known, [], older.encoders, onStep);
    if (!isWorse(older, alone, rest)) {
      const started = { ...older, artifact: taughtArtifact(older, known) };
      return { started, from: older.from, rows: older.rows + taught, rest };
    }
  }
  statistics.drop(point.decisionPoint);
  return undefined;
}

/** Whether a policy predicts rewards worse than another one, by squared errors on the same rows and beyond chance. */
function isWorse(policy: StartedPolicy, than: StartedPolicy, rows: readonly DecisionRow[]): boolean {
  const differences = rows.flatMap((row) => {
    const [own, other] = [squaredError(policy, row), squaredError(than, row)];
    return own === undefined || other === undefined ? [] : [[own - other]];
  });
  return differences.length > 0 && meanInterval(differences, -1, 1).lower > 0;
}

/** Of the predicted reward of what was chosen. */
function squaredError({ policy, encoders }: StartedPolicy, row: DecisionRow): number | undefined {
  const encoded = policyRowOf(row, encoders);
  const predicted = encoded && policy.predict(encoded)[encoded.chosen]?.mean;
  return encoded === undefined || predicted === undefined ? undefined : (predicted - encoded.reward) ** 2;
}
