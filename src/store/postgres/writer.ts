import { type Clock, isLearningError, isoTime, type Logger, messageOf, newId } from "../../core/index.js";
import type { FactKind, StoreOutage } from "../learning-store.js";
import type { Lanes } from "./lane.js";
import type { Rescue } from "./rescue.js";
import { columnsOf, type FactRow } from "./row.js";
import { type Batch, MOST_ROWS, type Spill } from "./spill.js";

/** What {@link SqlFactWriter} works with. */
export interface WriterParts {
  lanes: Lanes;
  clock: Clock;
  logger: Logger;
  partitionDays: number;
  /** Where batches wait out an outage; without, they are refused during it. */
  spill?: Spill;
  /** Where records go that must be safe before a call returns. */
  rescue?: Rescue;
}

interface Waiting {
  kind: FactKind;
  rows: readonly FactRow[];
  /** What the caller gave, by which a second try is recognised. */
  given: readonly object[];
  resolve(): void;
  reject(error: unknown): void;
}

/** Batches that go together, and what they were made of. */
interface Sent {
  batches: readonly Batch[];
  given: ReadonlySet<object>;
}

/** What waits is put together up to {@link MOST_ROWS} and up to here, so that many small appends become one statement. */
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
export class SqlFactWriter {
  private lane = newId();
  private number = 0;
  private readonly waiting: Waiting[] = [];
  private pumping: Promise<void> | undefined;
  private draining: Promise<void> | undefined;
  private cancelDrain: (() => void) | undefined;
  private failures = 0;
  /** Batches of which nobody knows whether they arrived, because the connection was lost. */
  private unsettled: Sent | undefined;
  /** What was taken to be written and is not acknowledged, and the batches of it that are under way. */
  private taken: readonly Waiting[] = [];
  private underWay: Sent | undefined;
  private outageSince: number | undefined;
  private refused = 0;

  constructor(private readonly parts: WriterParts) {}

  /** Resolves when the facts are committed, or on the local disk during an outage. */
  append(kind: FactKind, rows: readonly FactRow[], given: readonly object[]): Promise<void> {
    if (rows.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiting.push({ kind, rows, given, resolve, reject });
      this.startPump();
    });
  }

  private startPump(): void {
    this.pumping ??= this.pump().finally(() => {
      this.pumping = undefined;
      // Whoever was told that its facts are written may have given more before this.
      if (this.waiting.length > 0) this.startPump();
    });
  }

  /** The facts are on the local disk when it returns, and on their way from there. */
  appendSync(kind: FactKind, rows: readonly FactRow[], given: readonly object[]): void {
    const { rescue } = this.parts;
    const { unsettled } = this;
    const known = unsettled && given.some((fact) => unsettled.given.has(fact)) ? unsettled : undefined;
    for (const batch of known?.batches ?? []) rescue?.keep(batch);
    rescue?.write(
      kind,
      rows.filter((_, i) => !known?.given.has(given[i]!)),
    );
    this.planDrain();
  }

  /** At the end of the process: what is not acknowledged yet is on the local disk when it returns. */
  rescue(): void {
    const { rescue } = this.parts;
    if (!rescue) return;
    const sent = [this.unsettled, this.underWay].filter((one) => one !== undefined);
    for (const batch of sent.flatMap(({ batches }) => batches)) rescue.keep(batch);
    for (const { kind, rows, given, resolve } of [...this.taken, ...this.waiting.splice(0)]) {
      rescue.write(
        kind,
        rows.filter((_, i) => !sent.some((one) => one.given.has(given[i]!))),
      );
      resolve();
    }
  }

  /** Resolves when nothing waits to be written, here or on its way from the files. */
  async settled(): Promise<void> {
    while (this.pumping) await this.pumping;
    if (this.waitingBytes > 0) await this.drain();
  }

  /** Bytes that wait on the disk for the server. */
  private get waitingBytes(): number {
    return (this.parts.spill?.waiting ?? 0) + (this.parts.rescue?.spill.waiting ?? 0);
  }

  /** The outage that lasts, if one does. */
  get outage(): StoreOutage | undefined {
    if (this.outageSince === undefined) return undefined;
    return { since: isoTime(this.outageSince), waitingBytes: this.waitingBytes, refused: this.refused };
  }

  /** Writes what waits; what the server does not take stays in the file for the next process. */
  async close(): Promise<void> {
    while (this.pumping) await this.pumping;
    this.cancelDrain?.();
    if (this.waitingBytes > 0) await this.drain();
    this.cancelDrain?.();
    if (!this.isSpilling && !this.unsettled && this.number > 0)
      await this.parts.lanes
        .end(this.lane)
        .catch((error) => this.parts.logger.debug("a lane is left to be ended later", { error: messageOf(error) }));
    await this.parts.spill?.close();
    await this.parts.rescue?.spill.close();
  }

  /** Whether what comes has to go to the file, because what came before waits there. */
  private get isSpilling(): boolean {
    return (this.parts.spill?.waiting ?? 0) > 0;
  }

  private async pump(): Promise<void> {
    // What is appended at once, a host's decisions, traces and judgements, goes together.
    await undefined;
    while (this.waiting.length > 0) {
      const group = this.takeGroup();
      this.taken = group;
      try {
        await this.write(group);
        this.acknowledge(group);
      } catch (error) {
        if (willPass(error) || group.length === 1) for (const { reject } of group) reject(error);
        // One of them is at fault: the others must not share its lot.
        else
          for (const one of group) {
            await this.write([one]).then(one.resolve, one.reject);
            this.taken = this.taken.filter((other) => other !== one);
          }
      }
      this.taken = [];
    }
  }

  /**
   * Tells those whose facts are written. What waits is sent first: whoever is told may have much to make ready, and the
   * server would wait for that.
   */
  private acknowledge(group: readonly Waiting[]): void {
    const tell = () => {
      for (const { resolve } of group) resolve();
    };
    if (this.waiting.length > 0) setImmediate(tell);
    else tell();
  }

  /** The oldest that waits, and what follows it. */
  private takeGroup(): Waiting[] {
    let rows = 0;
    let chars = 0;
    let count = 0;
    for (const next of this.waiting) {
      rows += next.rows.length;
      for (const { body } of next.rows) chars += body.length;
      if (count > 0 && (rows > MOST_ROWS || chars > MOST_CHARS)) break;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  private async write(group: readonly Waiting[]): Promise<void> {
    const settled = this.unsettled && !this.isSpilling ? await this.settle() : undefined;
    const batches = this.batchesOf(group, settled);
    if (batches.length === 0) return;
    const sent: Sent = { batches, given: new Set(group.flatMap((one) => one.given)) };
    this.underWay = sent;
    try {
      if (this.isSpilling) await this.parts.spill?.append(...batches);
      else await this.deliver(sent);
    } catch (error) {
      if (willPass(error)) this.refused += batches.reduce((sum, { columns }) => sum + columns.ats.length, 0);
      throw error;
    } finally {
      this.underWay = undefined;
    }
  }

  /** A batch of each kind, under the next numbers, without what is settled already. */
  private batchesOf(group: readonly Waiting[], settled: ReadonlySet<object> = new Set()): Batch[] {
    const { clock, partitionDays } = this.parts;
    return [...new Set(group.map(({ kind }) => kind))].flatMap((kind) => {
      const own = group.filter((one) => one.kind === kind);
      const rows = own.flatMap((one) => one.rows.filter((_, i) => !settled.has(one.given[i]!)));
      if (rows.length === 0) return [];
      const columns = columnsOf(kind, rows, clock.now(), partitionDays);
      return [{ lane: this.lane, number: ++this.number, columns }];
    });
  }

  /** Brings batches to the server, or to the file while that cannot be reached. */
  private async deliver(sent: Sent): Promise<void> {
    const { lanes, clock, logger, spill } = this.parts;
    try {
      this.lane = await lanes.deliver(...sent.batches);
      this.isBack();
    } catch (error) {
      if (!willPass(error)) throw error;
      this.outageSince ??= clock.now();
      if (!spill) {
        this.unsettled = sent;
        throw error;
      }
      logger.warn("PostgreSQL cannot be reached; records wait on the local disk", { error: messageOf(error) });
      await spill.append(...sent.batches).catch((full) => {
        this.unsettled = sent;
        throw full;
      });
      this.planDrain();
    }
  }

  private isBack(): void {
    this.failures = 0;
    this.outageSince = undefined;
    this.refused = 0;
  }

  /** Writes the batches of which nobody knew, under their old numbers; what they hold is not to be written again. */
  private async settle(): Promise<ReadonlySet<object>> {
    const { batches, given } = this.unsettled!;
    try {
      this.lane = await this.parts.lanes.deliver(...batches);
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

  /** Brings what waits in the files to the server; plans another try where it is still away. */
  private async drainNow(): Promise<void> {
    const { spill, rescue, logger } = this.parts;
    this.cancelDrain?.();
    if (this.waitingBytes === 0) return;
    // The writer's own lane may have been ended meanwhile, and goes on in another.
    if (spill && !(await this.emptied(spill, (batch) => ({ ...batch, lane: this.lane })))) return;
    if (rescue && !(await this.emptied(rescue.spill, (batch) => batch))) return;
    this.isBack();
    logger.info("PostgreSQL is back; the records that waited were written");
  }

  /** Whether a file could be brought to the server. */
  private async emptied(spill: Spill, now: (batch: Batch) => Batch): Promise<boolean> {
    const { lanes, clock, logger } = this.parts;
    const bring = async (batches: readonly Batch[]) => {
      const lane = await lanes.deliver(...batches.map(now));
      if (spill === this.parts.spill) this.lane = lane;
      this.failures = 0;
    };
    for (let next = await spill.next(logger); next; next = await spill.next(logger)) {
      try {
        await eachOrAll(next.batches, bring, logger);
      } catch {
        this.outageSince ??= clock.now();
        this.failures++;
        this.planDrain();
        return false;
      }
      await next.done();
    }
    return true;
  }
}

/**
 * Brings batches to the server together; where that refuses them each by itself, since one of them is at fault.
 * @throws STORE_UNREACHABLE, STORE_REFUSED: what will pass
 */
async function eachOrAll(
  batches: readonly Batch[],
  bring: (batches: readonly Batch[]) => Promise<unknown>,
  logger: Logger,
): Promise<void> {
  try {
    await bring(batches);
  } catch (error) {
    if (willPass(error)) throw error;
    if (batches.length > 1) for (const batch of batches) await eachOrAll([batch], bring, logger);
    else logger.error("records that waited out an outage are refused and were lost", { error: messageOf(error) });
  }
}

/** Writes what a process left in its file when it died. */
export async function writeLeft(spill: Spill, lanes: Lanes, logger: Logger): Promise<void> {
  await spill.adopt();
  try {
    for (let next = await spill.next(logger); next; next = await spill.next(logger)) {
      await eachOrAll(next.batches, (batches) => lanes.deliver(...batches), logger);
      await next.done();
    }
  } finally {
    await spill.close();
  }
}
