import type { FeatureVector } from "../../dataset/index.js";
import { pack, unpack } from "../../math/packing.js";
import { invalidSnapshot } from "./packed.js";

/** Contexts that are remembered; beyond it those that were not seen for longest are forgotten. */
const MOST = 16_384;

/** Which contexts were learned before, by their hashes: of two that differ one in four billion is taken for the other. */
export class KnownContexts {
  /** The one seen last stands last. */
  private hashes = new Set<number>();

  has(context: FeatureVector): boolean {
    return this.hashes.has(hashOf(context));
  }

  add(context: FeatureVector): void {
    const hash = hashOf(context);
    this.hashes.delete(hash);
    this.hashes.add(hash);
    if (this.hashes.size <= MOST) return;
    for (const oldest of this.hashes) {
      this.hashes.delete(oldest);
      return;
    }
  }

  snapshot(): string {
    return pack(Uint32Array.from(this.hashes));
  }

  /** Takes the contexts of a snapshot; fails with SNAPSHOT_INVALID. */
  load(packed: unknown): void {
    if (typeof packed !== "string" || Buffer.byteLength(packed, "base64") % 4 !== 0)
      throw invalidSnapshot("a mixture with broken contexts", "hashes in base64");
    this.hashes = new Set(unpack(Uint32Array, packed));
  }
}

const number = new Float64Array(1);
const halves = new Uint32Array(number.buffer);

/** All positions and values to the bit (FNV-1a over words, its bits mixed further by shifts). */
function hashOf({ indices, values }: FeatureVector): number {
  let hash = 0x811c9dc5;
  const mix = (word: number) => {
    hash = Math.imul(hash ^ word, 0x01000193);
    hash ^= hash >>> 15;
  };
  for (let k = 0; k < indices.length; k++) {
    number[0] = values[k];
    mix(indices[k]);
    mix(halves[0]);
    mix(halves[1]);
  }
  return hash >>> 0;
}
