import { maskedSoftmax } from "./masked-softmax.js";

/** A batch of steps as PPO's policy loss sees it. */
export interface PolicyBatch {
  /** Legal actions, row-major, 1 or 0. */
  masks: Uint8Array;
  actions: Int32Array;
  /** Log-probability of each action when it was taken. */
  logProbabilities: Float64Array;
  advantages: Float64Array;
}

/** Means over a batch. */
export interface PolicyLoss {
  loss: number;
  entropy: number;
  /** Share of rows whose ratio was clipped. */
  clipped: number;
  /** Estimated divergence from the acting policy (Schulman's k3). */
  divergence: number;
  /** With respect to the logits. */
  gradient: Float64Array;
}

/**
 * The clipped surrogate of Schulman et al. (2017) less `entropyWeight` times the entropy, averaged
 * over the batch, with its gradient in closed form. Illegal actions have probability zero and get
 * gradient zero.
 */
export function policyLoss(logits: Float64Array, batch: PolicyBatch, clip: number, entropyWeight: number): PolicyLoss {
  const rows = batch.actions.length;
  const actions = logits.length / rows;
  const gradient = new Float64Array(logits.length);
  const p = new Float64Array(logits.length);
  const total = { loss: 0, entropy: 0, clipped: 0, divergence: 0 };
  for (let r = 0; r < rows; r++) {
    const at = r * actions;
    maskedSoftmax(logits, batch.masks, at, actions, p);
    const action = batch.actions[r];
    const advantage = batch.advantages[r];
    const logRatio = Math.log(p[at + action]) - batch.logProbabilities[r];
    const ratio = Math.exp(logRatio);
    const bounded = Math.min(Math.max(ratio, 1 - clip), 1 + clip);
    const surrogate = Math.min(ratio * advantage, bounded * advantage);
    const slope = ratio * advantage <= bounded * advantage ? -ratio * advantage : 0;
    let entropy = 0;
    for (let a = at; a < at + actions; a++) if (p[a] > 0) entropy -= p[a] * Math.log(p[a]);
    for (let a = 0; a < actions; a++) {
      const q = p[at + a];
      if (q === 0 && a !== action) continue;
      const ofEntropy = q > 0 ? entropyWeight * q * (Math.log(q) + entropy) : 0;
      gradient[at + a] = (slope * ((a === action ? 1 : 0) - q) + ofEntropy) / rows;
    }
    total.loss += (-surrogate - entropyWeight * entropy) / rows;
    total.entropy += entropy / rows;
    total.clipped += (ratio === bounded ? 0 : 1) / rows;
    total.divergence += (ratio - 1 - logRatio) / rows;
  }
  return { ...total, gradient };
}
