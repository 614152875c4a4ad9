/**
 * From 32-bit hashes to positions: an open-addressing table (linear probing) in two typed arrays. A Map boxes every
 * hash that is no small integer, and texts ask for hundreds of them each.
 */
export class HashIndex {
  private readonly keys: Uint32Array;
  /** Position plus one; 0: the slot is free. */
  private readonly slots: Int32Array;
  private readonly mask: number;

  /** @param hashes different ones, each at its position */
  constructor(hashes: readonly number[]) {
    let size = 16;
    while (size < 2 * hashes.length) size *= 2;
    this.mask = size - 1;
    this.keys = new Uint32Array(size);
    this.slots = new Int32Array(size);
    hashes.forEach((hash, position) => {
      const slot = this.slotOf(hash);
      this.keys[slot] = hash;
      this.slots[slot] = position + 1;
    });
  }

  /** The slot of a hash, or the free one where it would stand. */
  private slotOf(hash: number): number {
    const { keys, slots, mask } = this;
    let slot = hash & mask;
    while (slots[slot] !== 0 && keys[slot] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  /** The position of a hash; -1 where it is not known. */
  get(hash: number): number {
    return this.slots[this.slotOf(hash)]! - 1;
  }
}
