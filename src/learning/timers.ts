import { hostname } from "node:os";
import { type Clock, isoTime, type Logger, messageOf, newId } from "../core/index.js";
import type { DocumentStore } from "../store/index.js";
import { isBookOfRecords, shapedDocuments } from "../store/shaped-documents.js";

/** A loop that runs learning cycles on a timer. */
export interface LearningTimer {
  host: string;
  pid: number;
  /** Since when, ISO 8601. */
  since: string;
  /** When its next cycle is due, as it last said. */
  nextCycleAt?: string;
  /** Whether it is this loop's own. */
  isThis: boolean;
}

/** Who keeps timers over one store: each says so now and then. */
export interface TimerBook {
  /** Says that this loop keeps one, unless it said so a moment ago. */
  tell(nextCycleAt: string | undefined): Promise<void>;
  /** Takes this loop's timer off the list. */
  end(): Promise<void>;
  /** Looks who keeps one. */
  look(): Promise<void>;
  /** All timers that had given a sign of life at the last look, the oldest first. */
  readonly known: readonly LearningTimer[];
}

type Entry = Omit<LearningTimer, "isThis"> & { toldAt: string };

const KEY = "loop/timers";
/** A timer says that it lives so often, and is forgotten when it was silent for so long. */
const TELL_MS = 60_000;
const SILENT_MS = 3 * TELL_MS;

/** The book of timers of a store. What cannot be written is told, and learning goes on. */
export function createTimerBook(documents: DocumentStore, clock: Clock, logger: Logger): TimerBook {
  const books = shapedDocuments<Record<string, Entry>>(documents, isBookOfRecords);
  const id = newId();
  let since: string | undefined;
  let toldMs: number | undefined;
  let known: readonly LearningTimer[] = [];
  const lives = ({ toldAt }: Entry) => Math.abs(clock.now() - Date.parse(toldAt)) < SILENT_MS;
  const write = async (mine: Entry | undefined) => {
    try {
      await books.update(KEY, (all = {}) => {
        const others = Object.entries(all).filter(([key, entry]) => key !== id && lives(entry));
        return Object.fromEntries(mine ? [...others, [id, mine]] : others);
      });
    } catch (error) {
      logger.warn("others cannot be told who keeps the learning timer", { error: messageOf(error) });
    }
  };
  return {
    async tell(nextCycleAt) {
      const now = clock.now();
      if (toldMs !== undefined && Math.abs(now - toldMs) < TELL_MS) return;
      toldMs = now;
      const toldAt = isoTime(now);
      since ??= toldAt;
      await write({ host: hostname(), pid: process.pid, since, ...(nextCycleAt && { nextCycleAt }), toldAt });
    },
    async end() {
      if (toldMs === undefined) return;
      toldMs = since = undefined;
      await write(undefined);
    },
    async look() {
      const all = (await books.get(KEY)) ?? {};
      known = Object.entries(all)
        .filter(([, entry]) => lives(entry))
        .map(([key, { toldAt: _, ...timer }]) => ({ ...timer, isThis: key === id }))
        .sort((a, b) => (a.since < b.since ? -1 : a.since > b.since ? 1 : 0));
    },
    get known() {
      return known;
    },
  };
}
