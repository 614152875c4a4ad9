import { show } from "../../core/index.js";
import type { ModelSpec } from "../spec.js";
import { MOST_DENSE_POSITIONS } from "./dense.js";
import { FourierModel } from "./fourier.js";
import { MixtureModel, type MixtureOptions } from "./mixture.js";
import type { ModelSnapshot, RewardEstimator } from "./model.js";
import { invalidSnapshot } from "./packed.js";
import { PerCandidateModel } from "./per-candidate.js";
import { PooledModel } from "./pooled.js";
import type { Regressor, RegressorSnapshot } from "./regressor.js";
import { OnlineRidge } from "./ridge.js";
import { SharedModel } from "./shared.js";
import { SparseLogistic } from "./sparse-logistic.js";
import { SphereModel } from "./sphere.js";
import { SummaryModel } from "./summary.js";

/** Forgetting of the member of a mixture that is there for drifting worlds. */
const RECENT = 0.03;
/**
 * Squared errors that the shared member of a mixture over short contexts starts with: it needs more rows
 * than the others to tell the candidates apart.
 */
const HANDICAP = 1;

/**
 * Marks the experts of today's mixtures in their snapshots: 3 has the free words, which 2 has not; from 4 on
 * those over texts are weighed twice.
 */
const LAYOUT = 4;
const LAYOUT_WEIGHED_ONCE = 3;
const LAYOUT_WITHOUT_FREE = 2;
/** Precisions of the prior on what is a candidate's own, of the pooled experts of a mixture. */
const PRIORS = [10, 30];
/** Precision of the prior on the weights of words. */
const WORD_PRIOR = 4;
/** What the pooled expert of a mixture over short contexts starts with: it comes in when rows speak for it. */
const LATE = 3;

/** The model a new policy uses when its spec names none. */
export function defaultModel(kind: string, dim: number): ModelSpec {
  return dim > MOST_DENSE_POSITIONS && kind !== "auto" && kind !== "nonlinear"
    ? { kind: "summary" }
    : modelOfRelease01(kind, dim);
}

/** The model of a policy whose snapshot names none: it is of release 0.1. */
export function modelOfRelease01(kind: string, dim: number): ModelSpec {
  if (kind === "auto") return { kind: "mixture" };
  if (kind === "nonlinear") return { kind: "fourier" };
  return { kind: dim <= MOST_DENSE_POSITIONS ? "ridge" : "logistic" };
}

/** A new model, or the one of a snapshot; fails with SNAPSHOT_INVALID. */
export function buildModel(spec: ModelSpec, dim: number, seed: number, saved?: ModelSnapshot): RewardEstimator {
  switch (spec.kind) {
    case "ridge": {
      const options = { lambda: spec.lambda ?? 1, forgetting: spec.forgetting };
      return perCandidate((r) => (r ? OnlineRidge.restore(options, r) : new OnlineRidge(options)), saved);
    }
    case "logistic": {
      const { learningRate = 0.3, passes = 8, lambda = 0, forgetting } = spec;
      const options = { learningRate, passes, lambda, seed, forgetting };
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
    case "pooled":
      return saved ? PooledModel.restore(spec, saved) : PooledModel.create(spec);
    case "summary": {
      const inner = (s?: ModelSnapshot) => buildModel({ ...spec, kind: "pooled" }, dim, seed, s);
      return saved ? SummaryModel.restore(inner, saved) : new SummaryModel(inner());
    }
    case "mixture": {
      const { make, options } = expertsOf(spec, dim, seed, saved ? saved.layout : LAYOUT);
      return saved
        ? MixtureModel.restore(make, saved, options)
        : new MixtureModel(
            make.map((m) => m()),
            options,
          );
    }
  }
}

/** The experts of a mixture: today's, or those of release 0.1, whose snapshots name no layout. */
function expertsOf(
  { forgetting }: ModelSpec & { kind: "mixture" },
  dim: number,
  seed: number,
  layout: unknown,
): { make: ((s?: ModelSnapshot) => RewardEstimator)[]; options: MixtureOptions } {
  const today = layout === LAYOUT || layout === LAYOUT_WEIGHED_ONCE || layout === LAYOUT_WITHOUT_FREE;
  const of = (expert: ModelSpec) => (s?: ModelSnapshot) => buildModel(expert, dim, seed, s);
  const recent = of({ kind: "ridge", forgetting: Math.max(forgetting ?? 0, RECENT) });
  const sphere = (s?: ModelSnapshot) => (s ? SphereModel.restore(recent, s) : new SphereModel(recent()));
  const [shared, fourier] = [of({ kind: "shared", forgetting }), of({ kind: "fourier", lambda: 0.3, forgetting })];
  const short = dim <= MOST_DENSE_POSITIONS;
  const sure = { surest: 2, renew: sphere };
  if (short && !today) return { make: [shared, fourier, sphere], options: { handicaps: [HANDICAP, 0, 0], ...sure } };
  const pooled = of({ kind: "pooled", forgetting });
  if (short)
    return {
      make: [shared, fourier, sphere, pooled],
      options: { handicaps: [HANDICAP, 0, 0, LATE], ...sure, layout: layout as number },
    };
  if (!today) return { make: [shared, fourier, sphere, of({ kind: "logistic", forgetting })], options: {} };
  const summed = PRIORS.map((ownLambda) => of({ kind: "summary", ownLambda, forgetting }));
  const words = of({ kind: "logistic", lambda: WORD_PRIOR, forgetting });
  // Where single words decide, as in mail, every prior on them costs rows; where they do not, this one is outweighed.
  const free = layout !== LAYOUT_WITHOUT_FREE ? [of({ kind: "logistic", forgetting })] : [];
  return {
    make: [shared, fourier, sphere, pooled, ...summed, words, ...free],
    options: { calibrated: true, apart: layout === LAYOUT, acquainted: layout === LAYOUT, layout: layout as number },
  };
}

function perCandidate(make: (snapshot?: RegressorSnapshot) => Regressor, saved?: ModelSnapshot): PerCandidateModel {
  if (!saved) return new PerCandidateModel(make);
  if (saved.kind !== "per-candidate") throw invalidSnapshot(`a model of kind ${show(saved.kind)}`, "per-candidate");
  return PerCandidateModel.restore(make, saved);
}
