import { closeSync, constants, fdatasyncSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { type FileHandle, mkdir, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { digest, LearningError, type Logger, messageOf, oneAtATime } from "../../core/index.js";
import type { Columns } from "./row.js";

/** A batch on its way to a lane; its number tells the server whether it has come already. */
export interface Batch {
  lane: string;
  number: number;
  columns: Columns;
}

/** Where batches wait while the server cannot be reached. */
export interface SpillOptions {
  folder: string;
  /** Beyond this size nothing more is taken. */
  maxBytes: number;
}

/** Marks the holder of a file of rescued batches. */
export const RESCUED = "rescued";
const OF_SPILL = /^(.+)\.spill$/;
/** Digest, length in bytes, line feed. */
const HEADER = 32 + 1 + 12 + 1;
const LINE_FEED = Buffer.from("\n");
/** So much is brought to the server at once. */
export const MOST_ROWS = 2048;
const MOST_BYTES = 4 * 1024 * 1024;

/** Batches of one lane that wait, the oldest first. */
interface Waiting {
  batches: Batch[];
  /** Takes them out. */
  done(): Promise<void>;
}

/**
 * A file of batches, oldest first, that one process writes and empties. Every batch is synced before it counts, and
 * is checked by its digest when read: the torn end that a kill leaves was never acknowledged.
 */
export class Spill {
  private handle: FileHandle | undefined;
  private head = 0;
  private tail = 0;
  private readonly inTurn = oneAtATime();

  private constructor(
    private readonly path: string,
    private readonly folder: string,
    private readonly maxBytes: number,
  ) {}

  /** The file of a name; nothing is made before there is something to write. */
  static of(name: string, { folder, maxBytes }: SpillOptions): Spill {
    return new Spill(join(folder, `${name}.spill`), folder, maxBytes);
  }

  /**
   * Names of the files that processes left in the folder. What was rescued at the end of a process comes after what
   * waited before: it may hold the last batch of that once more.
   */
  static async left({ folder }: SpillOptions): Promise<string[]> {
    const files = await readdir(folder).catch((error) => {
      if (error.code === "ENOENT") return [];
      throw error;
    });
    const names = files.flatMap((file) => OF_SPILL.exec(file)?.[1] ?? []);
    const isRescued = (name: string) => Number(name.endsWith(`-${RESCUED}`));
    return names.sort((a, b) => isRescued(a) - isRescued(b));
  }

  /** Bytes that wait in the folder, in files of all processes that share it. */
  static async bytesIn(options: SpillOptions): Promise<number> {
    const sizes = (await Spill.left(options)).map((name) =>
      stat(join(options.folder, `${name}.spill`)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  /** Takes over a file that another process left. */
  async adopt(): Promise<void> {
    this.handle = await open(this.path, "r+");
    this.tail = (await this.handle.stat()).size;
  }

  /** Bytes that wait. */
  get waiting(): number {
    return this.tail - this.head;
  }

  /**
   * Resolves when the batches are on disk.
   * @throws STORE_UNREACHABLE when the file is full or cannot be written
   */
  append(...batches: readonly Batch[]): Promise<void> {
    return this.inTurn(async () => {
      const line = this.linesOf(batches);
      try {
        if (!this.handle) {
          await mkdir(this.folder, { recursive: true, mode: 0o700 });
          this.handle = await open(this.path, constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600);
        }
        await this.handle.write(line, 0, line.length, this.tail);
        await this.handle.datasync();
        this.tail += line.length;
      } catch (cause) {
        throw unwritable(this.path, cause);
      }
    });
  }

  /**
   * The batch is on disk when it returns. Not for a file that `append` writes to as well.
   * @throws STORE_UNREACHABLE when the file is full or cannot be written
   */
  appendSync(batch: Batch): void {
    const line = this.linesOf([batch]);
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      const file = openSync(this.path, constants.O_RDWR | constants.O_CREAT, 0o600);
      try {
        for (let at = 0; at < line.length; ) at += writeSync(file, line, at, line.length - at, this.tail + at);
        fdatasyncSync(file);
      } finally {
        closeSync(file);
      }
      this.tail += line.length;
    } catch (cause) {
      throw unwritable(this.path, cause);
    }
  }

  private linesOf(batches: readonly Batch[]): Buffer {
    const payloads = batches.map((batch) => Buffer.from(textOf(batch), "utf8"));
    const bytes = payloads.reduce((sum, payload) => sum + payload.length, 0);
    if (this.waiting + bytes > this.maxBytes) throw full(this.path, this.maxBytes);
    return Buffer.concat(payloads.flatMap((payload) => [headerOf(payload), payload, LINE_FEED]));
  }

  /**
   * The oldest batches that wait, as many of one lane as make a good statement, and what takes them out; undefined when
   * none is left, or none that is whole.
   */
  async next(logger: Logger): Promise<Waiting | undefined> {
    if (this.waiting === 0) return undefined;
    this.handle ??= await open(this.path, "r+");
    const batches: Batch[] = [];
    let end = this.head;
    for (let rows = 0; end < this.tail && rows < MOST_ROWS && end - this.head < MOST_BYTES; ) {
      const found = await this.at(end);
      if (batches.length > 0 && (!found?.batch || found.batch.lane !== batches[0]?.lane)) break;
      if (!found) {
        logger.warn("the end of a file of waiting records is torn; it was never acknowledged", { file: this.path });
        await this.inTurn(() => this.removeNow());
        return undefined;
      }
      if (!found.batch) {
        const bytes = found.end - end;
        logger.error("waiting records are damaged and were lost", { file: this.path, bytes });
        await this.doneUpTo(found.end);
        return this.next(logger);
      }
      batches.push(found.batch);
      rows += found.batch.columns.ats.length;
      end = found.end;
    }
    return { batches, done: () => this.doneUpTo(end) };
  }

  /** What stands at a place and where it ends: nothing where that is torn, no batch where that is damaged. */
  private async at(place: number): Promise<{ batch?: Batch; end: number } | undefined> {
    const header = Buffer.alloc(HEADER);
    await this.handle?.read(header, 0, HEADER, place);
    const length = Number(header.subarray(33, 45).toString("latin1"));
    const end = place + HEADER + length + 1;
    if (!Number.isInteger(length) || length <= 0 || end > this.tail) return undefined;
    const payload = Buffer.alloc(length);
    await this.handle?.read(payload, 0, length, place + HEADER);
    if (!headerOf(payload).equals(header)) return { end };
    return { batch: batchOf(payload.toString("utf8")), end };
  }

  private doneUpTo(end: number): Promise<void> {
    return this.inTurn(async () => {
      this.head = end;
      if (this.head >= this.tail) await this.removeNow();
    });
  }

  /** Nothing may be written between the look at what waits and the removal, so that is one step. */
  private async removeNow(): Promise<void> {
    this.head = this.tail = 0;
    rmSync(this.path, { force: true });
    await this.close();
  }

  /** Lets go of the file; what waits in it stays. */
  async close(): Promise<void> {
    const { handle } = this;
    this.handle = undefined;
    await handle?.close();
  }
}

/** In the file the facts of a batch are one text, a fact a line: JSON has no line feed within. */
const textOf = ({ columns, ...rest }: Batch) =>
  JSON.stringify({ ...rest, columns: { ...columns, bodies: columns.bodies.join("\n") } });

type StoredBatch = Omit<Batch, "columns"> & { columns: Omit<Columns, "bodies"> & { bodies: string } };

function batchOf(text: string): Batch {
  const { columns, ...rest } = JSON.parse(text) as StoredBatch;
  return { ...rest, columns: { ...columns, bodies: columns.bodies.split("\n") } };
}

function headerOf(payload: Buffer): Buffer {
  return Buffer.from(`${digest(payload.toString("utf8"))} ${String(payload.length).padStart(12, "0")}\n`, "latin1");
}

function full(path: string, maxBytes: number): LearningError {
  return new LearningError("STORE_UNREACHABLE", {
    received: `more records during an outage than ${maxBytes} bytes in ${path}`,
    expected: "PostgreSQL to be back before the file was full",
    remedy: "Bring the server back, or allow more by `spill.maxBytes`.",
  });
}

function unwritable(path: string, cause: unknown): LearningError {
  return new LearningError("STORE_UNREACHABLE", {
    received: `${messageOf(cause)} while PostgreSQL cannot be reached`,
    expected: `to keep records in ${path} meanwhile`,
    remedy: "Give a folder that can be written as `spill.folder`.",
    cause,
  });
}
