import { type Clock, isLearningError, isoTime, type Logger, messageOf } from "../core/index.js";
import type { Registry } from "../registry/index.js";
import type { DocumentStore, LearningStore, Lease } from "../store/index.js";
import { isBookOfRecords, shapedDocuments } from "../store/shaped-documents.js";
import type { ComponentContext } from "./component.js";
import type { ErasureWatch } from "./erasures.js";

/** A learner that falls silent for this long loses its piece of work. */
const LEASE_MS = 20_000;
/** A piece that was begun this share of the interval ago is due again; each wait varies, so somewhat less than one. */
const DUE_SHARE = 0.8;

const BOOK_KEY = "loop/work";

/** When a piece of work was begun and ended last. */
interface Entry {
  startedAt: string;
  endedAt?: string;
}

/** A piece of work that is this learner's until it is given back, and what it may be done with. */
export interface TakenWork {
  /** Writes through it are refused once the lease is lost: a learner that was paused publishes over nobody. */
  readonly context: ComponentContext;
  /** Notes that it was done, well or not, and gives it back. */
  done(): Promise<void>;
  /** Gives it back undone: it is due at once, for whoever comes. */
  leave(): Promise<void>;
}

/** Divides the work of a cycle among the learners over one store. */
export interface WorkShare {
  /** Fails where it cannot be written down who does what: then nothing is to be begun. */
  begin(): Promise<void>;
  /** The piece, unless another learner is at it, or did it lately and `force` is not set. */
  take(name: string, context: ComponentContext, force: boolean): Promise<TakenWork | undefined>;
  /** Gives back, undone, whatever is still taken. */
  leaveAll(): Promise<void>;
  /** Whether a learner died over a piece of work, which is free for others now. */
  hasAbandoned(): Promise<boolean>;
}

/** What {@link createWorkShare} needs. */
export interface WorkShareParts {
  store: LearningStore;
  clock: Clock;
  logger: Logger;
  /** Whether what is learned from is still there; nothing is published of what was erased. */
  erasures: ErasureWatch;
  /** How often each piece is to be done, in milliseconds. */
  intervalMs: number;
}

/**
 * Pieces of work under leases of the store: a decision point, the reward model, the patterns, the prompts. Each is
 * done by one learner at a time, and once an interval, however many learners there are; one that dies loses its piece
 * after {@link LEASE_MS}.
 */
export function createWorkShare({ store, clock, logger, erasures, intervalMs }: WorkShareParts): WorkShare {
  const { documents } = store;
  const books = shapedDocuments<Record<string, Entry>>(documents, isBookOfRecords);
  const held = new Map<string, Lease>();
  const book = async () => (await books.get(BOOK_KEY)) ?? {};
  const note = (name: string, lease: Lease, entry: (before: Entry | undefined) => Entry) =>
    books.update(BOOK_KEY, (all = {}) => ({ ...all, [name]: entry(all[name]) }), { lease });
  const leaseOf = async (name: string): Promise<Lease | undefined> => {
    try {
      return await store.lease(`work/${name}`, { ttlMs: LEASE_MS });
    } catch (error) {
      if (isLearningError(error, "STORE_LEASE_HELD")) return undefined;
      throw error;
    }
  };
  const release = async (name: string, lease: Lease) => {
    held.delete(name);
    await lease
      .release()
      .catch((error) =>
        logger.warn("a piece of work stays taken until its lease runs out", { name, error: messageOf(error) }),
      );
  };
  const isUnfinished = (entry: Entry) => entry.endedAt === undefined;
  const isDue = (entry: Entry | undefined) => {
    if (!entry || isUnfinished(entry)) return true;
    const age = clock.now() - Date.parse(entry.startedAt);
    // A clock that was set back must not keep work undone.
    return !(age >= 0 && age < DUE_SHARE * intervalMs);
  };

  return {
    async begin() {
      await books.update(BOOK_KEY, (all = {}) => all);
    },
    async take(name, context, force) {
      const lease = await leaseOf(name);
      if (!lease) return undefined;
      const giveBack = () => release(name, lease);
      try {
        if (!force && !isDue((await book())[name])) {
          await giveBack();
          return undefined;
        }
        held.set(name, lease);
        // Whoever had the piece before may have promoted since this cycle began.
        await context.registry.refresh();
        await note(name, lease, () => ({ startedAt: isoTime(clock.now()) }));
      } catch (error) {
        await giveBack();
        throw error;
      }
      return {
        context: {
          ...context,
          registry: unerased(context.registry.under(lease), erasures),
          documents: fenced(documents, lease),
          signal: AbortSignal.any([context.signal, lease.signal]),
        },
        async done() {
          const endedAt = isoTime(clock.now());
          try {
            await note(name, lease, (before) => ({ startedAt: endedAt, ...before, endedAt }));
          } catch (error) {
            // Whoever has it now notes what becomes of it.
            logger.warn("a piece of work could not be noted as done", { name, error: messageOf(error) });
          }
          await giveBack();
        },
        leave: giveBack,
      };
    },
    async leaveAll() {
      for (const [name, lease] of [...held]) await release(name, lease);
    },
    async hasAbandoned() {
      for (const [name, entry] of Object.entries(await book())) {
        if (!isUnfinished(entry) || held.has(name)) continue;
        const lease = await leaseOf(name);
        await lease?.release();
        if (lease) return true;
      }
      return false;
    },
  };
}

/** A registry in which nothing is published that was learned from facts of which some were erased since. */
function unerased(registry: Registry, erasures: ErasureWatch): Registry {
  return {
    ...registry,
    publish: (name, ...what) =>
      erasures.stored(
        () => registry.publish(name, ...what),
        () => registry.forget(name, "learned before an erasure"),
      ),
  };
}

/** Documents that are written only while a lease is held. */
function fenced(documents: DocumentStore, lease: Lease): DocumentStore {
  return {
    get: (key) => documents.get(key),
    keys: (prefix) => documents.keys(prefix),
    delete: (key) => documents.delete(key),
    put: async (key, value) => {
      await documents.update(key, () => value, { lease });
    },
    update: (key, change) => documents.update(key, change, { lease }),
  };
}
