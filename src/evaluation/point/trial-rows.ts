import { isAsking, standsFor } from "../../core/index.js";
import type { DecisionRow } from "../../dataset/index.js";
import { differenceOf, mostLikely, scoreKnown } from "../../policies/index.js";
import type { OpenRow } from "../trial/index.js";
import { type ClusterBy, clusterKey } from "./cluster.js";
import { inputOf } from "./encode.js";
import type { ServablePolicy } from "./judged-rows.js";

/** The decisions on which a version was on trial, as its evidence takes them, in any order. */
export function trialRows(
  rows: readonly DecisionRow[],
  version: string,
  tried: ServablePolicy,
  unit: "decision" | "run",
  cluster: ClusterBy = "run",
): OpenRow[] {
  const own = rows.filter((row) => row.trial?.version === version && row.probabilities);
  const asking = isAsking(rows);
  return unit === "run"
    ? runsOf(own, tried, asking, cluster)
    : own.flatMap((row) => decisionOf(row, tried, asking, cluster));
}

function decisionOf(row: DecisionRow, tried: ServablePolicy, asking: boolean, by: ClusterBy): OpenRow[] {
  const [chosen, serving, challenger] = indicesOf(row);
  if (chosen < 0 || serving < 0 || challenger < 0) return [];
  const k = row.candidates.length;
  return [
    {
      ...common(row, asking, by),
      chosen,
      logging: row.probabilities as readonly number[],
      target: only(challenger, k),
      baseline: only(serving, k),
      model: predictionsOf(row, tried),
      taken: challenger !== serving && row.trial?.arm === "challenger" ? 1 : 0,
    },
  ];
}

/**
 * Runs as pieces of evidence: until the first decision on which the two differ both go the same way, and
 * from there on each arm goes its own, so the arms are what was drawn and the run's reward is what came of it.
 */
function runsOf(rows: readonly DecisionRow[], tried: ServablePolicy, asking: boolean, by: ClusterBy): OpenRow[] {
  const runs = new Map<string, DecisionRow>();
  for (const row of rows) {
    const known = runs.get(row.workflowId);
    const differs = row.trial?.challenger !== row.trial?.serving;
    if (!known || (differs && known.trial?.challenger === known.trial?.serving)) runs.set(row.workflowId, row);
  }
  return [...runs.values()].flatMap((row) => {
    const [, serving, challenger] = indicesOf(row);
    if (serving < 0 || challenger < 0 || !row.trial) return [];
    const { share, arm } = row.trial;
    const q = predictionsOf(row, tried);
    const differs = challenger !== serving;
    const taken = arm === "challenger" ? 1 : 0;
    return [
      {
        ...common(row, asking, by),
        chosen: differs ? taken : 0,
        logging: differs ? [1 - share, share] : [1, 0],
        target: differs ? [0, 1] : [1, 0],
        baseline: [1, 0],
        model: [q[serving], q[challenger]],
        taken: differs ? taken : 0,
      },
    ];
  });
}

/**
 * Where people are asked by chance, who spoke up unasked proves nothing: such a row is as good as unrated. Neither does a
 * run on which another version on trial, later on, had its turn.
 */
function common(row: DecisionRow, asking: boolean, by: ClusterBy) {
  const asked = standsFor(row, asking);
  const counts = row.reward !== undefined && asked !== undefined;
  const weight = asked === undefined ? undefined : asked * (row.sequelWeight ?? 1);
  return {
    id: row.decisionId,
    at: row.at,
    share: row.trial?.share ?? 0,
    run: row.workflowId,
    cluster: clusterKey(row, by),
    ...(counts && { reward: row.reward }),
    ...(row.ratedAt !== undefined && { ratedAt: row.ratedAt }),
    ...((asking || row.sequelWeight !== undefined) && { weight }),
  };
}

const indicesOf = ({ candidates, chosen, trial }: DecisionRow) =>
  [chosen, trial?.serving ?? "", trial?.challenger ?? ""].map((name) => candidates.indexOf(name)) as [
    number,
    number,
    number,
  ];

const only = (index: number, length: number) => Array.from({ length }, (_, i) => (i === index ? 1 : 0));

const predictionsOf = (row: DecisionRow, { policy, encoders }: ServablePolicy) =>
  policy.predict(inputOf(row, encoders)).map((e) => Math.min(1, Math.max(0, e.mean)));

/** The newest decisions that the contested share is estimated from. */
const LOOKED_AT = 1000;

/**
 * Share of decisions on which a challenger would choose otherwise than what serves, from decisions made
 * before its trial. Undefined where none of them says what would have served.
 */
export function contestedShare(
  rows: readonly DecisionRow[],
  challenger: ServablePolicy,
  champion: ServablePolicy | undefined,
): number | undefined {
  let sum = 0;
  let count = 0;
  for (const row of rows.slice(-LOOKED_AT)) {
    const serving = champion ? choiceOf(row, champion) : row.candidates.indexOf(row.fallbackChoice ?? "");
    if (serving === undefined || serving < 0) continue;
    const own = choiceOf(row, challenger) ?? serving;
    const k = row.candidates.length;
    sum += differenceOf(only(own, k), only(serving, k));
    count++;
  }
  return count > 0 ? sum / count : undefined;
}

/** What a policy would choose; undefined where it knows none of the destinations. */
function choiceOf(row: DecisionRow, { policy, encoders, known }: ServablePolicy): number | undefined {
  const p = scoreKnown(policy, inputOf(row, encoders), known, 0);
  return p && mostLikely(p);
}
