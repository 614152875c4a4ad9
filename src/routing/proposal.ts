import type { Clock, DecisionContext } from "../core/index.js";
import { messageOf } from "../core/index.js";
import type { PolicyInput } from "../policies/index.js";
import { distributionFault, scoreKnown } from "../policies/index.js";
import type { ChoiceScene, Trouble } from "./scene.js";
import type { ServedPolicy } from "./served-policy.js";

/** What a policy would do in a scene, or why it is not to be trusted with it. */
export type PolicyProposal =
  | { probabilities: Float64Array; means?: Float64Array; trouble?: undefined }
  | { trouble: Trouble; explorable: boolean };

/** How a policy is asked. */
export interface ProposalRules {
  /** Most that may be explored; a destination without rows in training gets its share of that and no more. */
  exploration: number;
  /** Whether its expected rewards are wanted too. */
  wantMeans: boolean;
  /** On the clock's monotonic scale. */
  deadline: number;
}

/** The encoded input of a policy. */
export function policyInput(
  served: ServedPolicy,
  context: DecisionContext,
  candidates: readonly string[],
  legal: readonly boolean[],
  features?: Readonly<Record<string, DecisionContext>>,
): PolicyInput {
  const input: PolicyInput = { context: served.encoder.encode(context), candidates };
  if (!legal.every(Boolean)) input.mask = legal;
  if (served.encodeFeatures && features) input.candidateFeatures = served.encodeFeatures(features, candidates);
  return input;
}

/**
 * Asks the policy for its distribution, and for its expected rewards where wanted. A field that training
 * did not know is trouble too: the policy cannot know what it means. So is a choice among nothing but
 * destinations without rows in training.
 */
export function proposalOf(
  served: ServedPolicy,
  scene: ChoiceScene,
  candidates: readonly string[],
  clock: Clock,
  { exploration, wantMeans, deadline }: ProposalRules,
): PolicyProposal {
  const field = served.newField?.(scene.context);
  if (field !== undefined)
    return {
      explorable: true,
      trouble: { reason: "context-error", detail: `version ${served.version} was not trained with the field ${field}` },
    };
  try {
    const input = policyInput(served, scene.context, candidates, scene.legal, scene.features);
    const probabilities = scoreKnown(served.policy, input, served.known, exploration);
    if (!probabilities)
      return {
        explorable: true,
        trouble: {
          reason: "unknown-destination",
          detail: `version ${served.version} was trained with none of the allowed destinations`,
        },
      };
    const fault = distributionFault(probabilities, scene.legal);
    if (fault !== undefined) return broken(`version ${served.version} answered with ${fault}`);
    const means = wantMeans ? Float64Array.from(served.policy.predict(input), (e) => e.mean) : undefined;
    if (clock.monotonic() > deadline)
      return { explorable: false, trouble: { reason: "time-budget", detail: "the policy answered too late" } };
    return { probabilities, means };
  } catch (error) {
    return broken(messageOf(error));
  }
}

function broken(detail: string): PolicyProposal {
  return { explorable: false, trouble: { reason: "policy-error", detail } };
}
