import { setImmediate } from "node:timers/promises";
import { isLearningError } from "../../core/index.js";
import { Follower } from "../../store/follow.js";
import type { FactKind, LearningStore, TextBatch } from "../../store/index.js";
import type { IngestOutput } from "../../worker/jobs/ingest.js";
import type { StatisticsPlan } from "../../worker/make-room.js";
import { ErasureWatch } from "../erasures.js";
import { keepStatistics, keptStatistics } from "../kept-statistics.js";
import type { LearningWorker } from "../thread/host.js";

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
  /** Whether something was erased since the facts in the worker were read. */
  readonly erasures: ErasureWatch;
  collect(signal?: AbortSignal): Promise<Collected>;
  /** Collects again where the worker's thread was lost since: nothing may learn from half of the facts. */
  ensure(signal?: AbortSignal): Promise<void>;
  /**
   * Collects, and does work over everything collected; again where the thread was lost under it, for it is
   * shared with learning cycles, and a stop may end it.
   */
  withFacts<T>(work: () => Promise<T>): Promise<T>;
}

const KINDS: FactKind[] = ["decision", "feedback", "trace"];
/** A trace is as large as dozens of other facts: to read and send more of them at once would hold the host up. */
const MOST_TRACES = 64;
/** A thread that is lost this often while it is only given facts will not hold them. */
const MAX_ATTEMPTS = 3;

/**
 * A collector over a store and a worker. When the worker's thread was replaced, its memory is gone
 * and what it is to hold is read again.
 * @param plan how decisions that are held no more are learned from; without, they are forgotten
 */
export function createFactCollector(
  store: LearningStore,
  worker: LearningWorker,
  batchSize: number,
  plan?: () => StatisticsPlan,
): FactCollector {
  let generation = worker.generation;
  const erasures = new ErasureWatch(store.documents);
  const sizeOf = (kind: FactKind) => (kind === "trace" ? Math.min(batchSize, MOST_TRACES) : batchSize);
  /** Reports, predictions and cycles share its cursors, one after the other. */
  const follower = new Follower<FactKind>(store, { batchSize: sizeOf });

  /** Fills an empty memory from the newest facts backwards, until it is full: what is older is not even read. */
  const restore = async (fresh: Record<FactKind, number>, signal?: AbortSignal): Promise<IngestOutput> => {
    const ends = new Map<FactKind, string>();
    const statistics = plan ? await keptStatistics(store) : [];
    await worker.run("facts.restore", { step: "begin", statistics }, { signal });
    for (const kind of KINDS) {
      /** The thread takes one batch in while the next one is read. */
      let taken: Promise<boolean> = Promise.resolve(true);
      try {
        for await (const { texts, cursor, setAside } of follower.newestTexts(kind)) {
          signal?.throwIfAborted();
          if (!(await taken)) break;
          taken = worker
            .run("facts.restore", { step: "add", texts: { [kind]: texts } }, { signal })
            .then(({ room, damaged }) => {
              for (const { index, flaw } of damaged) setAside?.(index, flaw);
              return room[kind];
            });
          taken.catch(() => undefined);
          fresh[kind] += texts.length;
          ends.set(kind, cursor);
          await setImmediate();
        }
      } finally {
        await taken;
      }
    }
    const { held } = await worker.run("facts.restore", { step: "end" }, { signal });
    // Only now: of what was read in part nobody may go on from its end.
    follower.goOnFrom(ends);
    return held;
  };

  /** Keeps what decisions taught that left; false where something was erased since they were read. */
  const keep = async (signal?: AbortSignal): Promise<boolean> => {
    const statistics = await worker.run("facts.statistics", {}, { signal });
    try {
      await keepStatistics(store, statistics, erasures);
      return true;
    } catch (error) {
      if (isLearningError(error, "LEARNING_STATE")) return false;
      throw error;
    }
  };

  const collectNow = async (signal?: AbortSignal, attempt = 1): Promise<Collected> => {
    const fresh: Record<FactKind, number> = { decision: 0, feedback: 0, trace: 0 };
    if (await erasures.hasPassed()) {
      await worker.restart();
      follower.restart();
    }
    if (worker.generation !== generation) follower.restart();
    generation = worker.generation;
    let held = await worker.run("facts.ingest", {}, { signal });
    if (!follower.hasBegun()) {
      await erasures.begin();
      held = await restore(fresh, signal);
    }
    const how = plan && { plan: plan() };
    let left = 0;
    /** The thread takes one batch in while the next one is read. */
    let before: Promise<void> | undefined;
    for await (const { kind, texts, taken, setAside } of asItHappened(follower)) {
      signal?.throwIfAborted();
      await before;
      before = worker.run("facts.ingest", { [kind]: texts, ...how }, { signal }).then((now) => {
        taken();
        for (const { index, flaw } of now.damaged ?? []) setAside?.(index, flaw);
        held = now;
        left += now.left;
        fresh[kind] += texts.length;
      });
      before.catch(() => undefined);
      await setImmediate();
    }
    await before;
    const isKept = left === 0 || (await keep(signal));
    if ((!isKept || worker.generation !== generation) && attempt < MAX_ATTEMPTS) return collectNow(signal, attempt + 1);
    return { decisions: fresh.decision, feedback: fresh.feedback, traces: fresh.trace, held };
  };
  const collect = (signal?: AbortSignal): Promise<Collected> => follower.inTurn(() => collectNow(signal));
  return {
    erasures,
    collect,
    async ensure(signal) {
      if (worker.generation !== generation) await collect(signal);
    },
    async withFacts(work) {
      for (let attempt = 1; ; attempt++) {
        let held = worker.generation;
        try {
          await collect();
          held = generation;
          const result = await work();
          if (worker.generation === held || attempt >= MAX_ATTEMPTS) return result;
        } catch (error) {
          if (worker.generation === held || attempt >= MAX_ATTEMPTS) throw error;
        }
      }
    },
  };
}

type News = TextBatch & { taken(): void };

type Head = News & {
  kind: FactKind;
  news: AsyncGenerator<News, void, void>;
  /** When the first of the facts came to be. */
  begin: string;
};

/**
 * What is new of all kinds, in batches, as it happened: where there is more than can be held, a decision has its
 * judgement by the time it leaves.
 */
async function* asItHappened(follower: Follower<FactKind>): AsyncGenerator<{ kind: FactKind } & News> {
  const open = KINDS.map((kind) => ({ kind, news: follower.newsTexts(kind) }));
  const heads: Head[] = [];
  const advance = async ({ kind, news }: (typeof open)[number]) => {
    const { value } = await news.next();
    if (value) heads.push({ kind, news, ...value, begin: beginOf(value.texts) });
  };
  try {
    for (const one of open) await advance(one);
    while (heads.length > 0) {
      heads.sort((a, b) => (a.begin < b.begin ? -1 : 1));
      const head = heads.shift() as Head;
      yield head;
      await advance(head);
    }
  } finally {
    for (const { news } of open) await news.return();
  }
}

/** When the first of some facts came to be; what says nothing of it comes first. */
function beginOf([text = ""]: readonly string[]): string {
  try {
    const { startedAt, at } = JSON.parse(text) as { startedAt?: unknown; at?: unknown };
    const time = startedAt ?? at;
    return typeof time === "string" ? time : "";
  } catch {
    return "";
  }
}
