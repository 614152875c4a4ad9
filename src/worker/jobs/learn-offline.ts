// Runs in the learning thread.
import { digest } from "../../core/index.js";
import { type DecisionRow, type FeatureEncoder, fitEncoder } from "../../dataset/index.js";
import type { TrainedChallenger } from "../../evaluation/point/challenger.js";
import { policyRowOf } from "../../evaluation/point/encode.js";
import { saveNetwork } from "../../math/network.js";
import { createPolicy, type RoutingPolicy } from "../../policies/index.js";
import {
  type CloneOptions,
  cloneBehaviour,
  type LoggedData,
  learnOffline,
  loggedRuns,
  type OfflineQOptions,
} from "../../training/index.js";
import { offlineQSettings } from "../../training/offline/offline-q-options.js";
import type { Job, JobContext } from "../job.js";
import { type RowOptions, rowsByPoint } from "../rows.js";

/** Which decision point to learn, from which rows, and how. */
export interface LearnOfflineInput {
  decisionPoint: string;
  rows: RowOptions;
  seed: number;
  /** `clone`: imitate; `conservative-q` (the default) and `fitted-q`: improve on what was logged. */
  method?: "clone" | "conservative-q" | "fitted-q";
  /** Learn from decisions up to this time only, and leave the later ones to judge. */
  upTo?: string;
  /** Decisions per run, on average, from which on there is a sequence to learn (default 1.5). */
  minDecisionsPerRun?: number;
  /** Rated runs needed (default 30). */
  minRuns?: number;
  /** Only the newest so many decisions are learned from (default 10,000): inputs are held dense. */
  maxDecisions?: number;
  /** Contexts that encode to more features than this (long texts do) are left to the other policies (default 1,024). */
  maxFeatures?: number;
  options?: Omit<CloneOptions & OfflineQOptions, "cancelled" | "onIteration" | "seed">;
}

/** A deep candidate for the gate. */
export interface OfflineChallenger extends TrainedChallenger {
  runs: number;
  /** Runs left out, and why. */
  skipped: Record<string, number>;
  /** Mean probability that the candidate gives to the logged destination. */
  agreement: number;
}

/**
 * Learns a deep policy for a decision point that runs pass several times, from the facts collected
 * so far. Undefined where runs do not loop, too few are rated, or contexts are too wide.
 */
export const learnOfflineJob: Job<LearnOfflineInput, OfflineChallenger | undefined> = {
  run(input, context) {
    const lesson = offlineLesson(input, context);
    return lesson && learnLesson(input, lesson, context);
  },
};

/** What there is to learn from. */
export interface OfflineLesson {
  rows: DecisionRow[];
  encoder: FeatureEncoder;
}

/** The rows a deep policy would be learned from; undefined where runs do not loop, too few are rated, or contexts are too wide. */
export function offlineLesson(input: LearnOfflineInput, { state }: JobContext): OfflineLesson | undefined {
  const { decisionPoint, upTo, minDecisionsPerRun = 1.5, minRuns = 30 } = input;
  const all = rowsByPoint(state, input.rows).get(decisionPoint) ?? [];
  const rated = all.filter((r) => r.reward !== undefined && (upTo === undefined || r.at <= upTo));
  const rows = newestRuns(rated, input.maxDecisions ?? 10_000);
  const runs = new Set(rows.map((r) => r.workflowId)).size;
  if (runs < minRuns || rows.length < minDecisionsPerRun * runs) return undefined;
  const encoder = fitEncoder(rows.map((r) => r.context));
  return encoder.dim > (input.maxFeatures ?? 1024) ? undefined : { rows, encoder };
}

/** Learns it: seconds, where an ordinary policy takes milliseconds. */
export async function learnLesson(
  input: LearnOfflineInput,
  { rows, encoder }: OfflineLesson,
  context: JobContext,
): Promise<OfflineChallenger> {
  const { decisionPoint, seed } = input;
  const data = loggedRuns(rows, encoder);
  const candidates = [...data.actions];
  const network = saveNetwork(await learned(input, data, context));
  const policy = createPolicy({ kind: "network", dim: encoder.dim, actions: candidates, network, seed });
  const agreement = accompany(policy, rows, encoder);
  const artifact = {
    decisionPoint,
    encoder: encoder.snapshot(),
    policy: policy.snapshot(),
    candidates: [...new Set(rows.map((r) => r.chosen))].sort(),
    contextFields: [...new Set(rows.flatMap((r) => Object.keys(r.context)))].sort(),
  };
  return {
    kind: "new",
    artifact,
    rows: rows.length,
    dataFrom: rows[0].at,
    dataTo: (rows.at(-1) as DecisionRow).at,
    fingerprint: digest(JSON.stringify([artifact, seed]), 16),
    runs: data.episodes.length,
    skipped: data.skipped,
    agreement,
  };
}

/** The rows of the newest runs, whole, `most` rows at most. */
function newestRuns(rows: readonly DecisionRow[], most: number): DecisionRow[] {
  const counts = new Map<string, number>();
  for (const { workflowId } of rows) counts.set(workflowId, (counts.get(workflowId) ?? 0) + 1);
  const kept = new Set<string>();
  let total = 0;
  for (let k = rows.length - 1; k >= 0; k--) {
    const { workflowId } = rows[k];
    if (kept.has(workflowId)) continue;
    total += counts.get(workflowId) as number;
    if (total > most) break;
    kept.add(workflowId);
  }
  return rows.filter((r) => kept.has(r.workflowId));
}

async function learned(input: LearnOfflineInput, data: LoggedData, { cancelled, progress }: JobContext) {
  const { method = "conservative-q", options = {}, seed } = input;
  if (method === "clone") return (await cloneBehaviour(data, { ...options, seed, cancelled })).network;
  const conservatism = method === "fitted-q" ? 0 : options.conservatism;
  const settings = offlineQSettings({ ...options, seed, conservatism, cancelled });
  const onIteration = (k: number) => progress(k / settings.iterations);
  return (await learnOffline(data, { ...settings, onIteration })).network;
}

/** Lets the policy learn what destinations earn; how far it agrees with what was chosen. */
function accompany(policy: RoutingPolicy, rows: readonly DecisionRow[], context: FeatureEncoder): number {
  const learnable = rows.flatMap((r) => policyRowOf(r, { context }) ?? []);
  let agreement = 0;
  for (const row of learnable) agreement += policy.score(row)[row.chosen] / learnable.length;
  policy.learn(learnable);
  return agreement;
}
