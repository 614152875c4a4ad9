import { show } from "../../core/index.js";
import type { ModelSpec } from "../spec.js";
import { MOST_DENSE_POSITIONS } from "./dense.js";
import { FourierModel } from "./fourier.js";
import { MixtureModel } from "./mixture.js";
import type { ModelSnapshot, RewardModel } from "./model.js";
import { invalidSnapshot } from "./packed.js";
import { PerCandidateModel } from "./per-candidate.js";
import type { Regressor, RegressorSnapshot } from "./regressor.js";
import { OnlineRidge } from "./ridge.js";
import { SharedModel } from "./shared.js";
import { SparseLogistic } from "./sparse-logistic.js";
import { SphereModel } from "./sphere.js";

/** Forgetting of the member of a mixture that is there for drifting worlds. */
const RECENT = 0.03;
/**
 * Squared errors that the shared member of a mixture over short contexts starts with: it needs more rows
 * than the others to tell the candidates apart.
 */
const HANDICAP = 1;

/** The model a policy uses when its spec names none. */
export function defaultModel(kind: string, dim: number): ModelSpec {
  if (kind === "auto") return { kind: "mixture" };
  if (kind === "nonlinear") return { kind: "fourier" };
  return { kind: dim <= MOST_DENSE_POSITIONS ? "ridge" : "logistic" };
}

/** A new model, or the one of a snapshot; fails with SNAPSHOT_INVALID. */
export function buildModel(spec: ModelSpec, dim: number, seed: number, saved?: ModelSnapshot): RewardModel {
  switch (spec.kind) {
    case "ridge": {
      const options = { lambda: spec.lambda ?? 1, forgetting: spec.forgetting };
      return perCandidate((r) => (r ? OnlineRidge.restore(options, r) : new OnlineRidge(options)), saved);
    }
    case "logistic": {
      const { learningRate = 0.3, passes = 8, forgetting } = spec;
      const options = { learningRate, passes, seed, forgetting };
      return perCandidate(
        (r) => (r ? SparseLogistic.restore(dim, options, r) : new SparseLogistic(dim, options)),
        saved,
      );
    }
    case "shared": {
      const options = { lambda: spec.lambda ?? 1, forgetting: spec.forgetting };
      return saved ? SharedModel.restore(dim, options, saved) : new SharedModel(dim, options);
    }
    case "fourier": {
      const options = { dim, features: spec.features ?? 64, seed };
      const inner = (s?: ModelSnapshot) =>
        buildModel({ kind: "ridge", lambda: spec.lambda, forgetting: spec.forgetting }, dim, seed, s);
      return saved ? FourierModel.restore(inner, options, saved) : new FourierModel(inner(), options);
    }
    case "mixture": {
      const { forgetting } = spec;
      const of = (expert: ModelSpec) => (s?: ModelSnapshot) => buildModel(expert, dim, seed, s);
      const recent = of({ kind: "ridge", forgetting: Math.max(forgetting ?? 0, RECENT) });
      const sphere = (s?: ModelSnapshot) => (s ? SphereModel.restore(recent, s) : new SphereModel(recent()));
      const make = [of({ kind: "shared", forgetting }), of({ kind: "fourier", lambda: 0.3, forgetting }), sphere];
      const short = dim <= MOST_DENSE_POSITIONS;
      if (!short) make.push(of({ kind: "logistic", forgetting }));
      const options = short ? { handicaps: [HANDICAP, 0, 0], surest: 2, renew: sphere } : {};
      return saved
        ? MixtureModel.restore(make, saved, options)
        : new MixtureModel(
            make.map((m) => m()),
            options,
          );
    }
  }
}

function perCandidate(make: (snapshot?: RegressorSnapshot) => Regressor, saved?: ModelSnapshot): PerCandidateModel {
  if (!saved) return new PerCandidateModel(make);
  if (saved.kind !== "per-candidate") throw invalidSnapshot(`a model of kind ${show(saved.kind)}`, "per-candidate");
  return PerCandidateModel.restore(make, saved);
}
