import type { FittedMember, RewardMember } from "./member.js";

/** Predicts the mean; its weight in the blend is the share of the other members' variation that is not to be believed. */
export function meanMember(): RewardMember {
  const constant = (value: number): FittedMember => ({
    predict: (x) => new Float64Array(x.length).fill(value),
    snapshot: async () => ({ kind: "mean", value }),
    dispose() {},
  });
  return {
    kind: "mean",
    fit: async ({ y }) => constant(y.reduce((a, b) => a + b, 0) / y.length),
    restore: async (snapshot) => constant(Number(snapshot["value"])),
  };
}
