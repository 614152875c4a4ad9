import { oneAtATime } from "../core/index.js";
import { factsAfter } from "./facts-of-runs.js";
import type { FactBatch, FactKind, FactQuery, FactTypes, LearningStore, TextBatch } from "./learning-store.js";

/** What of a store is followed, and how. */
export interface FollowOptions<K extends FactKind> {
  /** Which facts are followed. */
  where?: Omit<FactQuery, "after" | "latest" | "limit" | "batchSize" | "from" | "to">;
  /** Where the first reading begins, ISO 8601. */
  from?: string;
  /** Facts that are read at once. */
  batchSize?: (kind: K) => number;
  /** Where an earlier process ended. */
  cursors?: Partial<Record<K, string>>;
  /** Called when a cursor moved, and awaited before more is read. */
  onMove?: (kind: K, cursor: string) => Promise<void>;
}

/** What is new of each kind, whole. */
export interface News<K extends FactKind> {
  facts: { [N in K]: FactTypes[N][] };
  /** Moves the cursors past these facts; without it the next reading gives them again. */
  taken(): void;
}

/** Reads each fact of a store once: one cursor per kind, which moves past a batch when that was taken in. */
export class Follower<K extends FactKind> {
  /** Readings and whatever must not come between them, one after the other. */
  readonly inTurn = oneAtATime();
  private readonly cursors = new Map<FactKind, string>();
  private reading: Promise<void> | undefined;

  constructor(
    private readonly store: Pick<LearningStore, "read" | "readTexts">,
    private readonly options: FollowOptions<K> = {},
  ) {
    for (const [kind, cursor] of Object.entries(options.cursors ?? {}))
      if (cursor !== undefined) this.goOnFrom([[kind as K, cursor as string]]);
  }

  /** Whether a reading of this kind ended somewhere; of any kind by default. */
  hasBegun(kind?: K): boolean {
    return kind === undefined ? this.cursors.size > 0 : this.cursors.has(kind);
  }

  /**
   * The facts behind the cursor in batches, oldest first. A batch is taken in when the next one is asked for: whoever
   * fails at one is given it again.
   */
  async *news<N extends K>(kind: N): AsyncGenerator<FactTypes[N][], void, void> {
    const { onMove } = this.options;
    for await (const { facts, cursor } of this.store.read(kind, this.newsQuery(kind))) {
      yield facts;
      this.cursors.set(kind, cursor);
      await onMove?.(kind, cursor);
    }
  }

  /**
   * As {@link news}, each fact as its JSON text, for whoever only passes it on. More may be read before a batch was taken
   * in; the cursor moves past it when `taken` is called, in the order of the batches.
   */
  async *newsTexts(kind: K): AsyncGenerator<TextBatch & { taken(): void }, void, void> {
    for await (const batch of this.textsOf(kind, this.newsQuery(kind)))
      yield { ...batch, taken: () => this.goOnFrom([[kind, batch.cursor]]) };
  }

  /** Everything behind the cursors, whole. */
  async allNews(kinds: readonly K[]): Promise<News<K>> {
    const facts = {} as News<K>["facts"];
    const ends: [K, string][] = [];
    for (const kind of kinds) {
      const news = await factsAfter(this.store, kind, this.cursors.get(kind));
      facts[kind] = news.facts;
      if (news.cursor !== undefined) ends.push([kind, news.cursor]);
    }
    return { facts, taken: () => this.goOnFrom(ends) };
  }

  /** The newest facts first, at most `limit`, for a view that begins; {@link goOnFrom} takes the cursor of a batch. */
  newest<N extends K>(kind: N, limit?: number): AsyncIterable<FactBatch<FactTypes[N]>> {
    return this.store.read(kind, { latest: true, ...(limit !== undefined && { limit }), ...this.sizeOf(kind) });
  }

  /** As {@link newest}, each fact as its JSON text, for whoever only passes it on. */
  newestTexts(kind: K): AsyncGenerator<TextBatch, void, void> {
    return this.textsOf(kind, { latest: true, ...this.sizeOf(kind) });
  }

  private newsQuery(kind: K): FactQuery {
    const after = this.cursors.get(kind);
    const { where, from } = this.options;
    const start = after === undefined ? from !== undefined && { from } : { after };
    return { ...where, ...start, ...this.sizeOf(kind) };
  }

  private async *textsOf(kind: K, query: FactQuery): AsyncGenerator<TextBatch, void, void> {
    if (this.store.readTexts) yield* this.store.readTexts(kind, query);
    else
      for await (const { facts, cursor } of this.store.read(kind, query))
        yield { texts: facts.map((fact) => JSON.stringify(fact)), cursor };
  }

  /** Reads on from these cursors. */
  goOnFrom(cursors: Iterable<readonly [K, string]>): void {
    for (const [kind, cursor] of cursors) this.cursors.set(kind, cursor);
  }

  /**
   * Runs a reading unless `isEnough` holds when the one under way has ended: that one may have passed the place where
   * what is looked for was appended meanwhile. All who ask at once share one reading.
   */
  async refresh(read: () => Promise<void>, isEnough: () => boolean): Promise<void> {
    if (this.reading) await this.reading;
    if (isEnough()) return;
    this.reading ??= this.inTurn(read).finally(() => {
      this.reading = undefined;
    });
    await this.reading;
  }

  /** Begins anew: the next reading gives everything. For use in turn. */
  restart(): void {
    this.cursors.clear();
  }

  /** Begins anew, and drops a view with it, when no reading is under way. */
  forget(view: () => void): Promise<void> {
    return this.inTurn(() => {
      this.restart();
      view();
    });
  }

  private sizeOf(kind: K): { batchSize?: number } {
    const batchSize = this.options.batchSize?.(kind);
    return batchSize === undefined ? {} : { batchSize };
  }
}
