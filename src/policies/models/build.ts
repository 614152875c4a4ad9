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

/** Forgetting of the member of a mixture that is there for drifting worlds. */
const RECENT = 0.03;

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
      const experts: ModelSpec[] = [
        { kind: "shared", forgetting },
        { kind: "fourier", lambda: 0.3, forgetting },
        { kind: "ridge", forgetting: Math.max(forgetting ?? 0, RECENT) },
      ];
      if (dim > MOST_DENSE_POSITIONS) experts.push({ kind: "logistic", forgetting });
      const make = experts.map((expert) => (s?: ModelSnapshot) => buildModel(expert, dim, seed, s));
      return saved ? MixtureModel.restore(make, saved) : new MixtureModel(make.map((m) => m()));
    }
  }
}

function perCandidate(make: (snapshot?: RegressorSnapshot) => Regressor, saved?: ModelSnapshot): PerCandidateModel {
  if (!saved) return new PerCandidateModel(make);
  if (saved.kind !== "per-candidate") throw invalidSnapshot(`a model of kind ${show(saved.kind)}`, "per-candidate");
  return PerCandidateModel.restore(make, saved);
}
