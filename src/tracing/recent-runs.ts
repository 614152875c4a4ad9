/** Remembers the newest ids, at least `capacity` of them and at most twice as many. */
export class RecentRuns {
  private young = new Set<string>();
  private old = new Set<string>();

  constructor(private readonly capacity = 50_000) {}

  add(id: string): void {
    this.young.add(id);
    if (this.young.size < this.capacity) return;
    this.old = this.young;
    this.young = new Set();
  }

  has(id: string): boolean {
    return this.young.has(id) || this.old.has(id);
  }
}
