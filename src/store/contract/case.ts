import assert from "node:assert/strict";
import { isLearningError, type LearningErrorCode, ManualClock } from "../../core/index.js";
import type { FactKind, FactQuery, FactTypes, LearningStore } from "../learning-store.js";

/** How the suite gets at the stores it tries. */
export interface StoreFactory {
  /** An empty store that tells time, where it asks its own process for it, by this clock. */
  open(clock: ManualClock): Promise<LearningStore>;
  /**
   * Another store object over the same data, as another process would open it, with a clock of its own. Leave it out
   * where a store lives in one object only; the cases that need it are left out then.
   */
  again?(store: LearningStore, clock: ManualClock): Promise<LearningStore>;
  /**
   * Lets `ms` milliseconds (at most 1,000) pass for the holder of this clock; by default the clock alone is moved. A
   * store that asks a server for the time must wait for real as well.
   */
  elapse?(clock: ManualClock, ms: number): Promise<void>;
}

/** One requirement on a store. `run` fails with an AssertionError where the store does not meet it. */
export interface StoreCase {
  name: string;
  run(factory: StoreFactory): Promise<void>;
}

/** What a case works with; every store it opens is closed when it ends. */
export interface Bench {
  make(clock?: ManualClock): Promise<LearningStore>;
  again(store: LearningStore, clock?: ManualClock): Promise<LearningStore>;
  elapse(clock: ManualClock, ms: number): Promise<void>;
}

/** A case whose stores are closed when it ends, however it ends. */
export function storeCase(name: string, body: (bench: Bench) => Promise<void>): StoreCase {
  return {
    name,
    async run(factory) {
      const stores: LearningStore[] = [];
      const kept = async (opening: Promise<LearningStore>) => {
        const store = await opening;
        stores.push(store);
        return store;
      };
      try {
        await body({
          make: (clock = new ManualClock()) => kept(factory.open(clock)),
          again: (store, clock = new ManualClock()) => {
            assert.ok(factory.again, "this case needs a factory with `again`");
            return kept(factory.again(store, clock));
          },
          elapse: factory.elapse ?? (async (clock, ms) => clock.advance(ms)),
        });
      } finally {
        for (const store of stores) await store.close();
      }
    },
  };
}

/** All facts of one kind, and the last cursor. */
export async function all<K extends FactKind>(
  store: LearningStore,
  kind: K,
  query?: FactQuery,
): Promise<{ facts: FactTypes[K][]; cursor: string }> {
  const facts: FactTypes[K][] = [];
  let cursor = "";
  for await (const batch of store.read(kind, query)) {
    facts.push(...batch.facts);
    cursor = batch.cursor;
  }
  return { facts, cursor };
}

/** The runs that facts belong to, in order. */
export const ids = (facts: readonly { workflowId: string }[]): string[] => facts.map((fact) => fact.workflowId);

/** Passes when the work fails with this code. */
export async function isRefused(work: Promise<unknown>, code: LearningErrorCode): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(isLearningError(error, code), `expected ${code}, got ${String(error)}`);
    return true;
  });
}
