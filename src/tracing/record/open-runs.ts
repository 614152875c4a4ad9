/**
 * What is under way, held weakly: a run whose stream was dropped half-way is nobody's any more, and must not be kept
 * alive by being listed.
 */
export class OpenRuns<R extends object> {
  private readonly references = new Set<WeakRef<R>>();
  private readonly own = new WeakMap<R, WeakRef<R>>();
  private readonly gone = new FinalizationRegistry<WeakRef<R>>((reference) => this.references.delete(reference));

  add(run: R): void {
    const reference = new WeakRef(run);
    this.references.add(reference);
    this.own.set(run, reference);
    this.gone.register(run, reference, reference);
  }

  delete(run: R): void {
    const reference = this.own.get(run);
    if (!reference) return;
    this.references.delete(reference);
    this.own.delete(run);
    this.gone.unregister(reference);
  }

  list(): R[] {
    return [...this.references].flatMap((reference) => reference.deref() ?? []);
  }
}
