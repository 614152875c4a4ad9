import { setImmediate } from "node:timers/promises";
import type { FactKind, LearningStore } from "../../store/index.js";
import type { LearningWorker } from "../worker/host.js";
import type { IngestOutput } from "../worker/jobs/ingest.js";

/** What one collection brought. */
export interface Collected {
  /** Facts that were new to the worker. */
  decisions: number;
  feedback: number;
  traces: number;
  /** What the worker holds now. */
  held: IngestOutput;
}

/** Brings facts from the store to the worker, each once, in batches, by cursor. */
export interface FactCollector {
  collect(signal?: AbortSignal): Promise<Collected>;
}

const KINDS: FactKind[] = ["decision", "feedback", "trace"];

/**
 * A collector over a store and a worker. When the worker's thread was replaced, its memory is gone
 * and everything is read again.
 */
export function createFactCollector(store: LearningStore, worker: LearningWorker, batchSize: number): FactCollector {
  let generation = -1;
  const cursors = new Map<FactKind, string>();

  return {
    async collect(signal) {
      const fresh: Record<FactKind, number> = { decision: 0, feedback: 0, trace: 0 };
      // An empty job starts the thread, so that its generation is known before the cursors are trusted.
      let held = await worker.run<IngestOutput>("ingest", {}, { signal });
      if (worker.generation !== generation) cursors.clear();
      generation = worker.generation;
      for (const kind of KINDS) {
        for await (const batch of store.read(kind, { after: cursors.get(kind), batchSize })) {
          if (batch.facts.length > 0)
            held = await worker.run<IngestOutput>("ingest", { [kind]: batch.facts }, { signal });
          fresh[kind] += batch.facts.length;
          cursors.set(kind, batch.cursor);
          await setImmediate();
        }
      }
      return { decisions: fresh.decision, feedback: fresh.feedback, traces: fresh.trace, held };
    },
  };
}
