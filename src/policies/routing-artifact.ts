import { checkArgument } from "../core/arguments.js";
import type { EncoderSnapshot } from "../dataset/encoder-types.js";
import type { PolicySnapshot } from "./routing-policy.js";

/** The payload of a `routing-policy` artifact: all that serving needs, as plain JSON. */
export interface RoutingArtifact {
  decisionPoint: string;
  encoder: EncoderSnapshot;
  /** Encoder of the candidates' own features, where they have any. */
  candidateEncoder?: EncoderSnapshot;
  policy: PolicySnapshot;
  /**
   * Destinations with rows in training. Of others nothing is proven: in act they are explored, inside the
   * budget, and never preferred.
   */
  candidates: string[];
  /** Names of the context's fields seen in training; a field outside of them makes serving fall back. */
  contextFields?: string[];
}

/**
 * The registry's name for the policies of a decision point.
 * @example routingArtifactName("triage"); // "policy/triage"
 */
export function routingArtifactName(decisionPoint: string): string {
  checkArgument(decisionPoint, "decisionPoint", "text", "POLICY_INVALID");
  return `policy/${decisionPoint}`;
}
