/**
 * A map that remembers the keys touched most recently: at least `capacity` of them, at most twice as
 * many. Two generations: when the young one is full, what was not touched during it is forgotten.
 * (Deleting the oldest entry of one large Map each time costs microseconds: it has to be searched. An LRU of linked lists
 * in typed arrays takes three times as long here, and half a megabyte where nothing is in it yet.)
 */
export class Recent<T> {
  private young = new Map<string, T>();
  private old = new Map<string, T>();

  constructor(private readonly capacity: number) {}

  get(key: string): T | undefined {
    const young = this.young.get(key);
    if (young !== undefined) return young;
    const old = this.old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: string, value: T): void {
    if (this.young.size >= this.capacity && !this.young.has(key)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }
}
