import { forward, loadNetwork, type Network, type NetworkSnapshot, saveNetwork } from "../../math/network.js";
import type { FittedMember, MemberRestorer, MemberSnapshot } from "./member.js";
import { packStandardiser, type Standardiser, standardise, unpackStandardiser } from "./ridge.js";

/** Small networks, averaged, as earlier releases fitted them beside: they did not earn their time. */
export const networks: MemberRestorer = {
  kind: "mlp",
  async restore(snapshot) {
    const saved = snapshot["networks"] as NetworkSnapshot[];
    return new FittedMlp(unpackStandardiser(snapshot), saved.map(loadNetwork));
  },
};

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
