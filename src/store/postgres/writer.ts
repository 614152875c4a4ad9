import { type Clock, isLearningError, type Logger, messageOf, newId } from "../../core/index.js";
import type { FactKind } from "../learning-store.js";
import type { Lanes } from "./lane.js";
import { columnsOf, type FactRow } from "./row.js";
import type { Batch, Spill } from "./spill.js";

/** What {@link FactWriter} works with. */
export interface WriterParts {
  lanes: Lanes;
  clock: Clock;
  logger: Logger;
  partitionDays: number;
  /** Where batches wait out an outage; without, they are refused during it. */
  spill?: Spill;
}

interface Waiting {
  kind: FactKind;
  rows: readonly FactRow[];
  /** What the caller gave, by which a second try is recognised. */
  given: readonly object[];
  resolve(): void;
  reject(error: unknown): void;
}

/** What waits is put together up to here, so that many small appends become one statement. */
const MOST_ROWS = 2048;
const MOST_CHARS = 4 * 1024 * 1024;
/** Pauses between tries to reach the server again. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/** Whether a failure will pass without anything being wrong with the facts. */
const willPass = (error: unknown) =>
  isLearningError(error, "STORE_UNREACHABLE") || isLearningError(error, "STORE_REFUSED");

/**
 * Writes the facts of one process into a lane of its own, one batch in flight. While the server cannot be reached they
 * go to a file, and from there in their order once it is back.
 */
export class FactWriter {
  private lane = newId();
  private number = 0;
  private readonly waiting: Waiting[] = [];
  private pumping: Promise<void> | undefined;
  private draining: Promise<void> | undefined;
  private cancelDrain: (() => void) | undefined;
  private failures = 0;
  /** A batch of which nobody knows whether it arrived, because the connection was lost. */
  private unsettled: { batch: Batch; given: ReadonlySet<object> } | undefined;

  constructor(private readonly parts: WriterParts) {}

  /** Resolves when the facts are committed, or on the local disk during an outage. */
  append(kind: FactKind, rows: readonly FactRow[], given: readonly object[]): Promise<void> {
    if (rows.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiting.push({ kind, rows, given, resolve, reject });
      this.pumping ??= this.pump().finally(() => {
        this.pumping = undefined;
      });
    });
  }

  /** Resolves when nothing waits to be written, here or on its way from the file. */
  async settled(): Promise<void> {
    await this.pumping;
    if (this.isSpilling) await this.drain();
  }

  /** Bytes that wait in the file for the server to be back. */
  get waitingBytes(): number {
    return this.parts.spill?.waiting ?? 0;
  }

  /** Writes what waits; what the server does not take stays in the file for the next process. */
  async close(): Promise<void> {
    await this.pumping;
    this.cancelDrain?.();
    if (this.isSpilling) await this.drain();
    this.cancelDrain?.();
    if (!this.isSpilling && !this.unsettled && this.number > 0)
      await this.parts.lanes
        .end(this.lane)
        .catch((error) => this.parts.logger.debug("a lane is left to be ended later", { error: messageOf(error) }));
    await this.parts.spill?.close();
  }

  private get isSpilling(): boolean {
    return this.waitingBytes > 0;
  }

  private async pump(): Promise<void> {
    while (this.waiting.length > 0) {
      const group = this.takeGroup();
      try {
        await this.write(group);
        for (const { resolve } of group) resolve();
      } catch (error) {
        if (willPass(error) || group.length === 1) for (const { reject } of group) reject(error);
        // One of them is at fault: the others must not share its lot.
        else for (const one of group) await this.write([one]).then(one.resolve, one.reject);
      }
    }
  }

  /** The oldest that waits, and what follows it of the same kind. */
  private takeGroup(): Waiting[] {
    const { kind } = this.waiting[0]!;
    let rows = 0;
    let chars = 0;
    let count = 0;
    for (const next of this.waiting) {
      if (next.kind !== kind) break;
      rows += next.rows.length;
      for (const { body } of next.rows) chars += body.length;
      if (count > 0 && (rows > MOST_ROWS || chars > MOST_CHARS)) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  private async write(group: readonly Waiting[]): Promise<void> {
    const { clock, logger, spill, partitionDays } = this.parts;
    const { kind } = group[0]!;
    let rows = group.flatMap((one) => one.rows);
    const given = group.flatMap((one) => one.given);
    if (this.unsettled && !this.isSpilling) {
      const settled = await this.settle();
      rows = rows.filter((_, i) => !settled.has(given[i]!));
      if (rows.length === 0) return;
    }
    const columns = columnsOf(kind, rows, clock.now(), partitionDays);
    const batch: Batch = { lane: this.lane, number: ++this.number, columns };
    if (this.isSpilling) return spill?.append(batch);
    try {
      this.lane = await this.parts.lanes.deliver(batch);
    } catch (error) {
      if (!willPass(error)) throw error;
      if (!spill) {
        this.unsettled = { batch, given: new Set(given) };
        throw error;
      }
      logger.warn("PostgreSQL cannot be reached; records wait on the local disk", { error: messageOf(error) });
      await spill.append(batch).catch((full) => {
        this.unsettled = { batch, given: new Set(given) };
        throw full;
      });
      this.planDrain();
    }
  }

  /** Writes the batch of which nobody knew, under its old number; what it holds is not to be written again. */
  private async settle(): Promise<ReadonlySet<object>> {
    const { batch, given } = this.unsettled!;
    try {
      this.lane = await this.parts.lanes.deliver(batch);
    } catch (error) {
      if (willPass(error)) throw error;
      this.unsettled = undefined;
      return new Set();
    }
    this.unsettled = undefined;
    return given;
  }

  private planDrain(): void {
    this.cancelDrain?.();
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(this.failures, 10));
    this.cancelDrain = this.parts.clock.schedule(() => void this.drain(), pause);
  }

  private drain(): Promise<void> {
    this.draining ??= this.drainNow().finally(() => {
      this.draining = undefined;
    });
    return this.draining;
  }

  /** Brings what waits in the file to the server; plans another try where it is still away. */
  private async drainNow(): Promise<void> {
    const { spill, lanes, logger } = this.parts;
    if (!spill) return;
    this.cancelDrain?.();
    for (let next = await spill.next(logger); next; next = await spill.next(logger)) {
      try {
        this.lane = await lanes.deliver({ ...next.batch, lane: this.lane });
        this.failures = 0;
      } catch (error) {
        if (willPass(error)) {
          this.failures++;
          this.planDrain();
          return;
        }
        logger.error("records that waited out an outage are refused and were lost", { error: messageOf(error) });
      }
      await next.done();
    }
    logger.info("PostgreSQL is back; the records that waited were written");
  }
}

/** Writes what a process left in its file when it died. */
export async function writeLeft(spill: Spill, lanes: Lanes, logger: Logger): Promise<void> {
  await spill.adopt();
  try {
    for (let next = await spill.next(logger); next; next = await spill.next(logger)) {
      await lanes.deliver(next.batch);
      await next.done();
    }
  } finally {
    await spill.close();
  }
}
