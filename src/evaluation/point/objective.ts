import type { DecisionRow } from "../../dataset/index.js";
import { mostLikely, type Prove } from "../../policies/index.js";
import { compareKnown } from "../answers.js";
import { contestedRuns, evidenceOfGain, exchanged } from "../evidence.js";
import { decidePromotion, type GateVerdict, highest } from "../gate.js";
import type { JudgedDecision } from "../rows.js";
import type { SpendingState } from "../spending.js";

/** What must be better where it is not the reward. */
export type Thrift = Exclude<Prove["better"], "reward">;

/** Costs and durations count up to twice what nineteen of twenty runs stay below; undefined where none is known. */
export function ceilingOf(rows: readonly DecisionRow[], better: Thrift): number | undefined {
  const values = rows.flatMap((r) => amountOf(r, better) ?? []).sort((a, b) => a - b);
  const most = values[Math.floor(0.95 * (values.length - 1))];
  return most === undefined || most <= 0 ? undefined : 2 * most;
}

/** What a run leaves of the ceiling, in [0,1]; undefined where its cost (or duration) is not known. */
export function thriftOf(row: DecisionRow, better: Thrift, ceiling: number): number | undefined {
  const amount = amountOf(row, better);
  return amount === undefined ? undefined : 1 - Math.min(amount, ceiling) / ceiling;
}

function amountOf(row: DecisionRow, better: Thrift): number | undefined {
  return better === "cost" ? row.costUsd : row.latencyMs;
}

/** The rated rows with what they leave of the ceiling in place of, or mixed into, their reward. */
export function thriftyRows(rows: readonly DecisionRow[], better: Thrift, ceiling: number, share = 1): DecisionRow[] {
  return rows.flatMap((row) => {
    const thrift = thriftOf(row, better, ceiling);
    if (thrift === undefined || row.reward === undefined) return [];
    return [{ ...row, reward: share * thrift + (1 - share) * row.reward }];
  });
}

/** What {@link decideThrift} is asked. */
export interface ThriftRequest {
  /** The judged decisions with what they leave of the ceiling, and with their rewards. */
  thrift: readonly JudgedDecision[];
  reward: readonly JudgedDecision[];
  /** The value that segments are told apart by, of each of `reward`. */
  segments?: readonly string[];
  /** Why what is known of costs (durations) proves nothing: see {@link unlikeAmounts}. */
  unlike?: string;
  challenger: string;
  prove: Prove;
  riskLevel: number;
  minimumEffect: number;
  spending?: SpendingState;
  /** The account of the proofs that the reward is not worse. */
  keeping?: SpendingState;
}

/** What {@link decideThrift} answers. */
export interface ThriftVerdict {
  thrift: GateVerdict;
  reward: GateVerdict;
  /** A segment in which the reward is worse beyond doubt. */
  worseIn?: string;
  action: GateVerdict["action"];
  reason: string;
}

/**
 * "Same quality, cheaper": promotes where what is left of the ceiling is proven better AND the reward is proven
 * not worse by more than it may be. Each has the whole risk: a wrong promotion needs one of the two to be wrong
 * (intersection-union test; Berger 1982). In a segment it is enough to stop it that the reward is proven worse.
 */
export function decideThrift(request: ThriftRequest): ThriftVerdict {
  const { prove, challenger, riskLevel, minimumEffect } = request;
  const margin = prove.notWorse?.reward ?? 0;
  const thrift = decidePromotion({
    ...{ rows: request.thrift, challenger, riskLevel, minimumEffect },
    ...(request.spending && { spending: request.spending }),
  });
  const reward = decidePromotion({
    ...{ rows: request.reward, challenger, riskLevel, minimumEffect: -margin },
    ...(request.keeping && { spending: request.keeping }),
  });
  const worseIn = worseSegment(request, margin);
  const stays = [
    worseIn === undefined ? [] : `worse for ${prove.notWorse?.by} ${worseIn}`,
    request.unlike ?? [],
  ].flat();
  const both = thrift.action === "promote" && reward.action === "promote" && stays.length === 0;
  const said = `${prove.better}: ${thrift.reason}; reward: ${reward.reason}`;
  const waits = [thrift, reward].some((v) => v.action === "not-enough-data");
  return {
    ...{ thrift, reward },
    ...(worseIn !== undefined && { worseIn }),
    action: both ? "promote" : waits && stays.length === 0 ? "not-enough-data" : "keep",
    reason: [said, ...stays].join("; "),
  };
}

/** Destinations that fewer of the decisions are contested between are of no account. */
const LEAST_SHARE = 0.01;

/**
 * Whether what is to be better is known of the same share of runs wherever challenger and rival would send them; in
 * words where it is not (a model without a price, usage that is reported of short answers only).
 * @param judged those of `rows` that are judged
 */
export function unlikeAmounts(
  rows: readonly DecisionRow[],
  judged: readonly JudgedDecision[],
  better: Thrift,
): string | undefined {
  const byRun = new Map(rows.map((r) => [r.workflowId, r]));
  const counts = new Map<string, { contested: number; asked: number; answered: number }>();
  const countOf = (name: string) => {
    const known = counts.get(name) ?? { contested: 0, asked: 0, answered: 0 };
    counts.set(name, known);
    return known;
  };
  for (const { run, chosen, target, baseline } of judged) {
    const row = byRun.get(run ?? "");
    const name = row?.candidates[chosen];
    if (!row || name === undefined) continue;
    const own = countOf(name);
    own.asked++;
    own.answered += Number(amountOf(row, better) !== undefined);
    const [to, from] = [mostLikely(target), mostLikely(baseline)];
    if (to !== from) for (const i of [to, from]) countOf(row.candidates[i] ?? "").contested++;
  }
  const groups = [...counts].filter(([, c]) => c.contested >= LEAST_SHARE * judged.length);
  return compareKnown(
    groups.map(([name, { asked, answered }]) => ({ name, asked, answered })),
    `the ${better}`,
  );
}

function worseSegment({ reward, segments, riskLevel }: ThriftRequest, margin: number): string | undefined {
  const groups = new Map<string, JudgedDecision[]>();
  reward.forEach((row, i) => {
    const name = segments?.[i];
    if (name === undefined) return;
    const own = groups.get(name);
    if (own) own.push(row);
    else groups.set(name, [row]);
  });
  for (const [name, rows] of groups) {
    const found = highest(evidenceOfGain(exchanged(contestedRuns(rows)), margin).logWealth);
    if (found >= Math.log(groups.size / riskLevel)) return name;
  }
  return undefined;
}

/** The values of a context field, for those rows that are judged: by run. */
export function segmentsOf(
  rows: readonly DecisionRow[],
  judged: readonly JudgedDecision[],
  field: string | undefined,
): string[] | undefined {
  if (field === undefined) return undefined;
  const byRun = new Map(rows.map((r) => [r.workflowId, String(r.context[field] ?? "")]));
  return judged.map((j) => byRun.get(j.run ?? "") ?? "");
}
