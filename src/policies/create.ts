import { isLearningError, show } from "../core/index.js";
import { CostPrice } from "./cost-price.js";
import { EstimatingPolicy } from "./estimating-policy.js";
import { FixedPolicy } from "./fixed.js";
import { buildModel, defaultModel, modelOfRelease01 } from "./models/build.js";
import type { ModelSnapshot } from "./models/model.js";
import { invalidSnapshot } from "./models/packed.js";
import { NetworkPolicy } from "./network.js";
import type { PolicySnapshot, RoutingPolicy } from "./routing-policy.js";
import { epsilonGreedyRule } from "./rules/epsilon-greedy.js";
import { upperBoundRule } from "./rules/linucb.js";
import { optimisticRule } from "./rules/optimistic.js";
import type { Rule } from "./rules/rule.js";
import { softmaxRule } from "./rules/softmax.js";
import { squareCbRule } from "./rules/squarecb.js";
import { thompsonRule } from "./rules/thompson.js";
import type { PolicySpec } from "./spec.js";
import { parseSpec } from "./spec.js";

type ModelledSpec = Exclude<PolicySpec, { kind: "fixed" }>;

/**
 * A policy that has learned nothing yet.
 * @throws POLICY_INVALID for a wrong spec
 * @example
 * ```ts
 * const policy = createPolicy({ kind: "squarecb", dim: encoder.dim });
 * policy.learn(policyRows);
 * const { index, probability } = policy.choose(input, rng.next());
 * ```
 */
export function createPolicy(spec: PolicySpec): RoutingPolicy {
  const checked = parseSpec(spec);
  return checked.kind === "fixed" ? new FixedPolicy(checked.dim, checked.shares) : modelled(checked);
}

/**
 * The policy of a snapshot: it answers as the one that was saved.
 * @throws SNAPSHOT_INVALID for anything but an unchanged snapshot of this version of the package
 * @example
 * ```ts
 * const saved = JSON.stringify(policy.snapshot());
 * const same = restorePolicy(JSON.parse(saved));
 * ```
 */
export function restorePolicy(snapshot: PolicySnapshot): RoutingPolicy {
  if (typeof snapshot !== "object" || snapshot === null || snapshot.version !== 1)
    throw invalidSnapshot(show(snapshot), "a policy snapshot of version 1");
  if (snapshot.kind === "fixed") {
    checkedSpec({ kind: "fixed", dim: snapshot.dim });
    return FixedPolicy.restore(snapshot);
  }
  const spec = checkedSpec(snapshot.spec);
  const { rows, model } = snapshot;
  if (spec.kind !== snapshot.kind || spec.kind === "fixed" || spec.dim !== snapshot.dim)
    throw invalidSnapshot(`a snapshot of kind ${show(snapshot.kind)} whose spec differs`, "matching kind and dim");
  if (!Number.isInteger(rows) || (rows as number) < 0 || typeof model !== "object" || model === null)
    throw invalidSnapshot("a snapshot without its model or row count", "model and rows");
  try {
    return modelled(spec, { rows: rows as number, model: model as ModelSnapshot, price: snapshot.price });
  } catch (error) {
    throw isLearningError(error, "POLICY_INVALID") ? invalidSnapshot(error.received, error.expected, error) : error;
  }
}

function checkedSpec(spec: unknown): PolicySpec {
  try {
    return parseSpec(spec);
  } catch (error) {
    throw isLearningError(error) ? invalidSnapshot(error.received, error.expected, error) : error;
  }
}

function modelled(spec: ModelledSpec, saved?: { rows: number; model: ModelSnapshot; price: unknown }): RoutingPolicy {
  const { kind, dim, seed = 0 } = spec;
  const named = spec.model ?? (saved ? modelOfRelease01(kind, dim) : defaultModel(kind, dim));
  const model = buildModel(named, dim, seed, saved?.model);
  if (spec.kind === "network") return new NetworkPolicy(spec, model, saved?.rows);
  const price = saved ? CostPrice.restore(spec.cost, saved.price) : new CostPrice(spec.cost);
  const kept = saved ? spec : { ...spec, model: named };
  return new EstimatingPolicy({ kind, dim, model, rule: ruleOf(spec), rows: saved?.rows, spec: kept, price });
}

function ruleOf(spec: Exclude<ModelledSpec, { kind: "network" }>): Rule {
  switch (spec.kind) {
    case "epsilon-greedy":
      return epsilonGreedyRule(spec.epsilon ?? 0.05);
    case "softmax":
      return softmaxRule(spec.temperature ?? 0.05);
    case "linucb":
      return upperBoundRule(spec.alpha ?? 1);
    case "thompson":
      return thompsonRule(spec.scale ?? 1);
    case "squarecb":
      return squareCbRule(spec.gammaScale ?? 10);
    case "nonlinear":
      return thompsonRule(spec.scale ?? 0.3);
    case "auto":
      return optimisticRule(spec.alpha ?? 1, spec.gammaScale ?? 100);
  }
}
