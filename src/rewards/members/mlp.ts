import { forward, loadNetwork, type Network, type NetworkSnapshot, saveNetwork } from "../../math/network.js";
import { trainMlp } from "../../tensor/index.js";
import type { FittedMember, MemberSnapshot, RewardMember } from "./member.js";
import { packStandardiser, type Standardiser, standardise, standardiserOf, unpackStandardiser } from "./ridge.js";

const NETWORKS = 3;

/** Small networks (one hidden layer of 24, stopped early) from three starts, averaged: one alone depends much on its start. */
export function mlp(): RewardMember {
  return {
    kind: "mlp",
    async fit({ x, y, seed, cancelled }) {
      const scale = standardiserOf(x);
      const networks: Network[] = [];
      for (let k = 0; k < NETWORKS; k++) {
        const { network } = await trainMlp({
          x: standardise(x, scale),
          y,
          task: "regression",
          hidden: [24],
          epochs: 80,
          patience: 8,
          weightDecay: 0.03,
          seed: `${seed}/${k}`,
          cancelled,
        });
        networks.push(network);
      }
      return new FittedMlp(scale, networks);
    },
    async restore(snapshot) {
      const networks = (snapshot["networks"] as NetworkSnapshot[]).map(loadNetwork);
      return new FittedMlp(unpackStandardiser(snapshot), networks);
    },
  };
}

class FittedMlp implements FittedMember {
  constructor(
    private readonly scale: Standardiser,
    private readonly networks: readonly Network[],
  ) {}

  predict(x: readonly Float64Array[]): Float64Array {
    return Float64Array.from(standardise(x, this.scale), (row) => {
      let sum = 0;
      for (const network of this.networks) sum += forward(network, row)[0];
      return sum / this.networks.length;
    });
  }

  async snapshot(): Promise<MemberSnapshot> {
    return { kind: "mlp", ...packStandardiser(this.scale), networks: this.networks.map(saveNetwork) };
  }

  dispose(): void {}
}
