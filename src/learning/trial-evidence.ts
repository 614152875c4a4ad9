import { isRecord } from "../core/is-object.js";
import type { GateState } from "../evaluation/point/gate-state.js";
import { parseTrial, type TrialState } from "../evaluation/trial/index.js";
import type { DocumentStore } from "../store/index.js";
import { isListOfRecords } from "../store/shaped-documents.js";
import { gateKey } from "./beside.js";

/** Where the evidence of a point's last trials stays when they are over, the oldest first. */
export const trialsKey = (decisionPoint: string) => `trials/${decisionPoint}`;
/** Where earlier releases kept each trial that ever ended, in a document of its own. */
export const earlierTrialKey = (decisionPoint: string, version: string) => `trial/${decisionPoint}/${version}`;

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

/** Trials that are kept and shown, the one under way included. */
const MOST = 10;
/** So far from 1 wealth is cut: further on it overflows, or shows nothing. */
const MOST_LOG = 50;

/** The last trials of a point that ended, the oldest first. */
async function endedTrials(
  documents: Pick<DocumentStore, "get" | "keys">,
  decisionPoint: string,
): Promise<readonly unknown[]> {
  const kept = await documents.get<unknown>(trialsKey(decisionPoint));
  if (isListOfRecords(kept)) return kept as unknown[];
  const prefix = earlierTrialKey(decisionPoint, "");
  // A point named `a/b` keeps its trials below those of a point named `a`.
  const versions = (await documents.keys(prefix))
    .map((key) => key.slice(prefix.length))
    .filter((v) => !v.includes("/"));
  const newest = versions.sort((v, w) => Number(v.slice(1)) - Number(w.slice(1))).slice(-MOST);
  const found: unknown[] = [];
  for (const version of newest) found.push(await documents.get<unknown>(prefix + version));
  return found.filter((state) => state !== undefined);
}

/** Keeps the evidence of a trial that is over; of a point the last {@link MOST} stay, which are those that are shown. */
export async function keepTrial(
  documents: Pick<DocumentStore, "get" | "keys" | "update">,
  decisionPoint: string,
  ended: Omit<TrialState, "seen">,
): Promise<void> {
  const earlier = await endedTrials(documents, decisionPoint);
  await documents.update<unknown>(trialsKey(decisionPoint), (stored) => {
    const kept = isListOfRecords(stored) ? (stored as unknown[]) : earlier;
    const isOwn = (state: unknown) => isRecord(state) && state.version === ended.version;
    return [...kept.filter((state) => !isOwn(state)), ended].slice(-MOST);
  });
}

/** The trials of a decision point, the newest first. */
export async function trialsOf(
  documents: Pick<DocumentStore, "get" | "keys">,
  decisionPoint: string,
): Promise<TrialEvidence[]> {
  const gate = await documents.get<GateState>(gateKey(decisionPoint));
  const states = new Map<string, TrialState>();
  for (const stored of await endedTrials(documents, decisionPoint)) {
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
