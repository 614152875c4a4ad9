// Runs in the learning thread.
import { type DecisionRow, fitEncoder } from "../dataset/index.js";
import type { RowEncoders } from "../evaluation/point/encode.js";
import type { LearnOptions } from "../policies/index.js";
import { createPolicy, type PolicySpec, type RoutingArtifact, type RoutingPolicy } from "../policies/index.js";

/** What a policy of a decision point is made by. */
export interface PolicySettings {
  decisionPoint: string;
  learn: LearnOptions;
  seed: number;
}

/** A policy and its encoders, before it is taught or between two lessons. */
export interface StartedPolicy {
  artifact: Omit<RoutingArtifact, "policy">;
  encoders: RowEncoders;
  policy: RoutingPolicy;
}

/**
 * Standard errors added to each mean by a policy learned from logs: below zero, since the best of several uncertain
 * means is overrated (pessimism; Jin, Yang and Wang, 2021).
 */
const DOUBT = -0.4;

/**
 * A policy that has learned nothing, with encoders fitted to the contexts given.
 * @returns the policy, and `make`, which makes others like it
 */
export function startPolicy(
  { decisionPoint, learn, seed }: PolicySettings,
  rows: readonly Pick<DecisionRow, "context" | "candidateFeatures">[],
): StartedPolicy & { make: () => RoutingPolicy } {
  const context = fitEncoder(
    rows.map((r) => r.context),
    learn.encoder,
  );
  const features = rows.flatMap((r) => Object.values(r.candidateFeatures ?? {}));
  const candidate = features.length > 0 ? fitEncoder(features) : undefined;
  const spec = {
    // To explore is the trial's business. What is learned from logs had better doubt what it has seen little of.
    ...(learn.policy?.kind === undefined || learn.policy.kind === "auto" ? { alpha: DOUBT } : {}),
    kind: "auto",
    ...learn.policy,
    dim: context.dim,
    seed,
  } as PolicySpec;
  const make = () => createPolicy(spec);
  return {
    artifact: {
      decisionPoint,
      encoder: context.snapshot(),
      ...(candidate && { candidateEncoder: candidate.snapshot() }),
      candidates: [],
    },
    encoders: { context, ...(candidate && { candidate }) },
    policy: make(),
    make,
  };
}

/** The artifact of a policy after a lesson, with the destinations and fields that it has seen. */
export function taughtArtifact(
  { artifact, policy }: StartedPolicy,
  taught: readonly Pick<DecisionRow, "chosen" | "context">[],
): RoutingArtifact {
  const merged = (known: readonly string[] | undefined, seen: (row: (typeof taught)[number]) => readonly string[]) =>
    [...new Set([...(known ?? []), ...taught.flatMap(seen)])].sort();
  return {
    ...artifact,
    policy: policy.snapshot(),
    candidates: merged(artifact.candidates, (r) => [r.chosen]),
    contextFields: merged(artifact.contextFields, (r) => Object.keys(r.context)),
  };
}
