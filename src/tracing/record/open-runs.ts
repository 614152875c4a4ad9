/**
 * What is under way. Once the event loop has turned it is held weakly: a run whose stream was dropped half-way is
 * nobody's any more, and must not be kept alive by being listed. Not before, for a target of a fresh `WeakRef` lives
 * until the loop turns: a thousand short runs in a loop that never yields would all be kept until its end.
 */
export class OpenRuns<R extends object> {
  private readonly young = new Set<R>();
  private readonly references = new Set<WeakRef<R>>();
  private readonly own = new WeakMap<R, WeakRef<R>>();
  private readonly gone = new FinalizationRegistry<WeakRef<R>>((reference) => this.references.delete(reference));
  private isTurnAwaited = false;

  add(run: R): void {
    this.young.add(run);
    if (this.isTurnAwaited) return;
    this.isTurnAwaited = true;
    setImmediate(() => this.turn()).unref();
  }

  delete(run: R): void {
    if (this.young.delete(run)) return;
    const reference = this.own.get(run);
    if (!reference) return;
    this.references.delete(reference);
    this.own.delete(run);
    this.gone.unregister(reference);
  }

  list(): R[] {
    return [...this.young, ...[...this.references].flatMap((reference) => reference.deref() ?? [])];
  }

  private turn(): void {
    this.isTurnAwaited = false;
    for (const run of this.young) {
      const reference = new WeakRef(run);
      this.references.add(reference);
      this.own.set(run, reference);
      this.gone.register(run, reference, reference);
    }
    this.young.clear();
  }
}
