import { fdatasyncSync, fstatSync } from "node:fs";
import { type FileHandle, open, stat, truncate, writeFile } from "node:fs/promises";
import type { Clock } from "../../core/index.js";
import { newId, oneAtATime } from "../../core/index.js";
import type { EncodedFact, FactKind, FactTypes } from "../learning-store.js";
import { appendLinesSync } from "./append-sync.js";
import { FactLine, type LineEncoder } from "./fact-line.js";
import { forgetHolder } from "./holder.js";
import { discard, errno, ioError, PRIVATE_FILE, syncFolder, writeFully } from "./io.js";
import { begunAt, type SegmentFolder, type StoredSegment } from "./segment-folder.js";
import { SegmentIndex } from "./segment-index.js";
import { extendIndex } from "./segment-scan.js";

/** At most this much is written between two syncs. */
const BATCH_BYTES = 8 * 1024 * 1024;
/** A segment is sealed when it was begun longer ago than this, so that retention by age can be exact to the day. */
const SEGMENT_SPAN_MS = 86_400_000;

/** Segments are not made smaller than this for the sake of retention. */
const LEAST_SEGMENT_BYTES = 16 * 1024;

interface Pending {
  bytes: number;
  lines: readonly FactLine[];
  resolve: () => void;
  reject: (error: unknown) => void;
}

interface Current {
  name: string;
  handle: FileHandle;
  index: SegmentIndex;
  size: number;
  /** When it was begun, milliseconds. */
  begun: number;
  /** Its last line was left without an end by a writer that died: the next one begins on a new line. */
  torn: boolean;
  /** Bytes that were refused stand behind `size` and could not be cut off yet. */
  uncut: boolean;
}

/** How a log is written. */
export interface WriterOptions {
  /** Sync to disk before acknowledging. */
  fsync: boolean;
  /** Size from which a segment is sealed. */
  segmentBytes: number;
}

/**
 * Appends facts of one kind to this process's own open segment. Appends that arrive while one is
 * being written go into the next write together (group commit), each acknowledged after its sync.
 */
export class FactWriter {
  private pending: Pending[] = [];
  /** Taken from `pending` and not acknowledged yet. */
  private writing: Pending[] = [];
  private readonly inTurn = oneAtATime();
  private current: Current | undefined;
  private readonly holder: string;
  private segmentBytes: number;

  constructor(
    private readonly segments: SegmentFolder,
    private readonly clock: Clock,
    private readonly encoder: LineEncoder,
    private readonly options: WriterOptions,
  ) {
    this.holder = segments.owners.newHolder();
    this.segmentBytes = options.segmentBytes;
  }

  /** From now on segments are sealed at this size at the latest, because retention removes whole ones. */
  sealBy(bytes: number): void {
    this.segmentBytes = Math.min(this.options.segmentBytes, Math.max(LEAST_SEGMENT_BYTES, bytes));
  }

  /** Resolves when the facts are on disk. They are copied at once. */
  append<K extends FactKind>(kind: K, facts: readonly (FactTypes[K] | EncodedFact)[]): Promise<void> {
    if (facts.length === 0) return Promise.resolve();
    const lines = this.linesOf(kind, facts);
    const bytes = lines.reduce((sum, line) => sum + line.data.length, 0);
    return new Promise((resolve, reject) => {
      this.pending.push({ bytes, lines, resolve, reject });
      if (this.pending.length === 1) void this.inTurn(() => this.writePending());
    });
  }

  private linesOf<K extends FactKind>(kind: K, facts: readonly (FactTypes[K] | EncodedFact)[]): FactLine[] {
    return facts.map((fact) => (fact instanceof FactLine ? fact : this.encoder.encode(kind, fact as FactTypes[K])));
  }

  /** Writes facts before it returns. Readers find them in the order of the segments, not among those that wait. */
  appendSync<K extends FactKind>(kind: K, facts: readonly (FactTypes[K] | EncodedFact)[]): void {
    if (facts.length > 0) this.writeSync(this.linesOf(kind, facts));
  }

  /**
   * At the end of the process: writes what is not acknowledged yet before it returns. What a write under way brings
   * to the disk after all stands there twice then, under one id.
   */
  rescue(): void {
    const waiting = [...(this.isOnDisk() ? [] : this.writing), ...this.pending].flatMap(({ lines }) => lines);
    if (waiting.length > 0) this.writeSync(waiting);
    for (const { resolve } of [...this.writing.splice(0), ...this.pending.splice(0)]) resolve();
  }

  private isOnDisk(): boolean {
    const { current, writing } = this;
    if (!current || writing.length === 0) return false;
    const { fd } = current.handle;
    const expected = current.size + writing.reduce((sum, { bytes }) => sum + bytes, 0);
    if (fd < 0 || fstatSync(fd).size < expected) return false;
    if (this.options.fsync) fdatasyncSync(fd);
    return true;
  }

  private writeSync(lines: readonly FactLine[]): void {
    const { segments, holder } = this;
    const { segmentBytes } = this;
    const { fsync } = this.options;
    const data = lines.map((line) => line.data);
    try {
      appendLinesSync(data, { segments, holder, now: this.clock.now(), segmentBytes, spanMs: SEGMENT_SPAN_MS, fsync });
    } catch (cause) {
      throw ioError("appending to", segments.folder, cause);
    }
  }

  private async writePending(): Promise<void> {
    const waiting = this.pending.splice(0);
    this.writing = [...waiting];
    while (waiting.length > 0) {
      const batch: Pending[] = [];
      for (let bytes = 0; waiting.length > 0 && bytes < BATCH_BYTES; ) {
        const next = waiting.shift() as Pending;
        batch.push(next);
        bytes += next.bytes;
      }
      try {
        await this.write(batch);
        this.writing.splice(0, batch.length);
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        const error = ioError("appending to", this.segments.folder, cause);
        this.writing.splice(0, batch.length);
        for (const { reject } of batch) reject(error);
      }
    }
  }

  private async write(batch: Pending[]): Promise<void> {
    await this.dropLost();
    if (this.current && this.isFull(this.current)) await this.seal();
    this.current ??= await this.begin();
    const { handle, index } = this.current;
    // What was refused may have been appended again elsewhere: it must go before anything else is acknowledged.
    if (this.current.uncut) await this.cutBack(this.current);
    const lead = this.current.torn ? Buffer.from("\n") : undefined;
    const data = batch.flatMap(({ lines }) => lines.map((line) => line.data));
    if (lead) data.unshift(lead);
    try {
      await writeFully(handle, data.length === 1 ? data[0] : Buffer.concat(data));
      if (this.options.fsync) await handle.datasync();
    } catch (error) {
      this.current.uncut = true;
      await this.cutBack(this.current).catch(() => {});
      throw error;
    }
    this.current.torn = false;
    let at = this.current.size;
    if (lead) {
      at += lead.length;
      await extendIndex(index, this.segments.kind, handle, at);
    }
    for (const { lines } of batch)
      for (const { bytes, keys } of lines) {
        index.add(at, bytes, keys);
        at += bytes + 1;
      }
    index.bytes = at;
    this.current.size = at;
    if (this.isFull(this.current))
      // What is on disk is acknowledged all the same: who is told otherwise appends it again. The segment is found
      // held by nobody alive later, and gone on with.
      await this.seal().catch(() => {});
  }

  /**
   * What is written to a file that somebody deleted would be acknowledged and be nowhere, and a segment that somebody
   * took over while this process was stopped is theirs: another is begun.
   */
  private async dropLost(): Promise<void> {
    const current = this.current;
    if (!current) return;
    const isHeld = await stat(this.heldPath(current.name)).then(
      () => true,
      (error) => {
        if (errno(error) === "ENOENT") return false;
        throw error;
      },
    );
    if (isHeld && (await current.handle.stat()).nlink > 0) return;
    this.current = undefined;
    await current.handle.close();
    this.segments.unshare(current.name, current.index, current.size);
    await discard(this.heldPath(current.name));
  }

  /** Whether a segment has grown large or old enough. */
  private isFull({ begun, size }: { begun: number; size: number }): boolean {
    return size >= this.segmentBytes || this.clock.now() - begun > SEGMENT_SPAN_MS;
  }

  /**
   * When a segment was begun. A name from a time at which the clock was ahead, and all names behind it, tell nothing: its
   * oldest fact does, so that retention by age goes on.
   */
  private beginningOf(name: string, index: SegmentIndex): number {
    const now = this.clock.now();
    const begun = begunAt(name);
    return begun <= now ? begun : Math.min(now, index.minTime || now);
  }

  /** Takes refused bytes off the end again, so that a repeated append does not count twice. */
  private async cutBack(current: Current): Promise<void> {
    try {
      await current.handle.truncate(current.size);
    } catch (error) {
      // Some file systems cannot cut while a file is open for appending.
      await truncate(this.segments.pathOf(current.name), current.size).catch(() => {
        throw error;
      });
    }
    current.uncut = false;
  }

  /** Goes on with a segment that nobody holds, or begins a new one. */
  private async begin(): Promise<Current> {
    for (const segment of await this.segments.list()) {
      if (segment.state !== "free" || !(await this.segments.take(segment, this.holder))) continue;
      const taken = await this.adopt(segment);
      if (taken) return taken;
    }
    const latest = (await this.segments.list()).at(-1);
    const stamp = Math.max(this.clock.now(), latest === undefined ? 0 : begunAt(latest.name) + 1);
    const name = `${this.segments.kind}-${String(stamp).padStart(14, "0")}-${newId().slice(0, 8)}`;
    await writeFile(this.heldPath(name), "", { flag: "wx", mode: PRIVATE_FILE });
    const handle = await open(this.segments.pathOf(name), "ax+", PRIVATE_FILE);
    await syncFolder(this.segments.folder);
    const index = new SegmentIndex();
    this.segments.share(name, index);
    return { name, handle, index, size: 0, begun: this.clock.now(), torn: false, uncut: false };
  }

  private async adopt(segment: StoredSegment): Promise<Current | undefined> {
    const { name } = segment;
    const { size } = await stat(this.segments.pathOf(name));
    const index = await this.segments.indexOf({ ...segment, size });
    const begun = this.beginningOf(name, index);
    if (this.isFull({ begun, size })) {
      await this.segments.save(name, index);
      await discard(this.heldPath(name));
      return undefined;
    }
    const handle = await open(this.segments.pathOf(name), "a+");
    this.segments.share(name, index);
    return { name, handle, index, size, begun, torn: size > index.bytes, uncut: false };
  }

  private heldPath(name: string): string {
    return this.segments.beside(name, `held-${this.holder}`);
  }

  /** Ends the current segment for good; the next append begins another. */
  private async seal(): Promise<void> {
    const current = this.current;
    if (!current) return;
    this.current = undefined;
    await this.leave(current);
    await discard(this.heldPath(current.name));
  }

  private async leave({ name, handle, index, size }: Current): Promise<void> {
    await handle.close();
    this.segments.unshare(name, index, size);
    const erased = this.segments.beside(name, "erased");
    const touched = await stat(erased).then(
      () => true,
      (error) => errno(error) !== "ENOENT",
    );
    if (!touched) return this.segments.save(name, index);
    // Another process blanked facts in it: what is written down must not name them any more.
    await this.segments.reindex({ name, size, state: "free" });
    await discard(erased);
  }

  /** Whether this writer's open segment is the named one. */
  holds(name: string): boolean {
    return this.current?.name === name;
  }

  /** Seals behind what was appended before, so that the segment may be removed or cleaned. */
  sealCurrent(): Promise<void> {
    return this.inTurn(() => this.seal());
  }

  /** Resolves when what was appended before is written, however much comes after it. */
  settled(): Promise<void> {
    return this.inTurn(() => {});
  }

  /** Writes what is waiting, keeps the index, and leaves the segment for the next writer. */
  close(): Promise<void> {
    return this.inTurn(async () => {
      const current = this.current;
      this.current = undefined;
      if (current) {
        await this.leave(current);
        await this.segments.release(current.name, this.holder);
      }
      forgetHolder(this.holder);
    });
  }
}
