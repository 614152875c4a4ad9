import type { GateState } from "../evaluation/point/gate-state.js";
import { parseTrial, type TrialState } from "../evaluation/trial/index.js";
import type { DocumentStore } from "../store/index.js";
import { gateKey } from "./beside.js";

/** Where the evidence of a trial stays, also when it is over. */
export const trialKey = (decisionPoint: string, version: string) => `trial/${decisionPoint}/${version}`;

/** One look at a trial. */
interface EvidencePoint {
  /** ISO 8601. */
  at: string;
  /** Stake times wealth; a version is proven where it reaches `needed`. */
  evidence: number;
  /** Mean gain per cluster up to here, with its anytime-valid 95 % interval; absent before the first rating. */
  gain?: { mean: number; lower: number; upper: number };
}

/** How the evidence about a version on trial grew. */
export interface TrialEvidence {
  version: string;
  /** The version it was tried against; absent for the fallback. */
  against?: string;
  /** Whether it is on trial now. */
  isRunning: boolean;
  /** Its evidence must reach this: 1 / risk. Absent where the point's account of risk is no more. */
  needed?: number;
  /** The gain must be above this. */
  minimumEffect: number;
  /** Decisions that came, those that left what serves for it, and pieces of evidence rated in time. */
  decisions: number;
  taken: number;
  clusters: number;
  /** In the order of time; the first is its beginning, where the evidence is the stake. */
  points: EvidencePoint[];
}

/** Trials that are shown, the one under way included. */
const MOST = 10;
/** So far from 1 wealth is cut: further on it overflows, or shows nothing. */
const MOST_LOG = 50;

/** The trials of a decision point, the newest first. */
export async function trialsOf(
  documents: Pick<DocumentStore, "get" | "keys">,
  decisionPoint: string,
): Promise<TrialEvidence[]> {
  const gate = await documents.get<GateState>(gateKey(decisionPoint));
  const prefix = trialKey(decisionPoint, "");
  // A point named `a/b` keeps its trials below those of a point named `a`.
  const ended = (await documents.keys(prefix)).filter((key) => !key.slice(prefix.length).includes("/"));
  const states = new Map<string, TrialState>();
  for (const key of ended) {
    const stored = await documents.get<unknown>(key);
    if (stored === undefined) continue;
    const state = parseTrial(stored);
    states.set(state.version, state);
  }
  if (gate?.trial) states.set(gate.trial.version, gate.trial);
  return [...states.values()]
    .sort((a, b) => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : 0))
    .slice(0, MOST)
    .map((state) => evidenceOf(state, gate));
}

function evidenceOf(state: TrialState, gate: GateState | undefined): TrialEvidence {
  const { version, against, startedAt, stake, minimumEffect, decisions, taken, clusters, blocks } = state;
  const riskLevel = gate?.capital?.riskLevel;
  const grown = (logWealth: number) => stake * Math.exp(Math.min(MOST_LOG, Math.max(-MOST_LOG, logWealth)));
  return {
    version,
    ...(against !== undefined && { against }),
    isRunning: gate?.trial?.version === version,
    ...(riskLevel !== undefined && { needed: 1 / riskLevel }),
    ...{ minimumEffect, decisions, taken, clusters },
    points: [
      { at: startedAt, evidence: stake },
      ...blocks.map(({ at, logWealth, gain }) => ({ at, evidence: grown(logWealth), ...(gain && { gain }) })),
    ],
  };
}
