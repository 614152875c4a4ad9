import { type FileHandle, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Logger, oneAtATime } from "../../core/index.js";
import type { FactKind } from "../learning-store.js";
import { discard, errno, isNoFile, openToRead, readBytes, replaceFile } from "./io.js";
import { localOwners, type Owners } from "./ownership.js";
import { decodeHeader, HEADER_BYTES, type IndexHeader, SegmentIndex } from "./segment-index.js";
import { endsLine, extendIndex } from "./segment-scan.js";

const SUFFIX = ".jsonl";
const FREE = "free";
const HELD = "held-";

/**
 * One segment: `NAME.jsonl` with `NAME.index` beside it. While it may still grow, exactly one of
 * `NAME.held-HOLDER` (somebody writes) and `NAME.free` (the next writer may go on) stands beside it
 * too; taking over is a rename of that one file, which only one process can win.
 */
export interface StoredSegment {
  name: string;
  size: number;
  /** `sealed`: never grows again; `free`: nobody writes now; `held`: somebody does. */
  state: "sealed" | "free" | "held";
  marker?: string;
}

interface Known {
  index: SegmentIndex;
  /** Size of the file when the index was brought up to date. */
  size: number;
  /** The index was made anew in this process; what is unreadable now is damaged for good. */
  rebuilt: boolean;
  /** The segment was sealed before its size was taken: it will never be larger. */
  final: boolean;
}

/** The segments of one kind of fact in a folder, with their indexes. */
export class SegmentFolder {
  private readonly known = new Map<string, Known>();
  /** An index is brought up to date by one reader at a time: two would add everything twice. */
  private readonly inTurn = oneAtATime();
  private readonly warned = new Set<string>();
  /** What bears the name of a segment and is no file, by path: it is left alone, and hides no segment. */
  readonly strange = new Set<string>();

  constructor(
    readonly folder: string,
    readonly kind: FactKind,
    private readonly logger: Logger,
    readonly owners: Owners = localOwners,
    /** Whether indexes are only made, and not written down. */
    private readonly readOnly = false,
  ) {}

  /** All segments, oldest first. */
  async list(): Promise<StoredSegment[]> {
    const knownBefore = [...this.known.keys()];
    const names = await readdir(this.folder);
    const markers = markersIn(names);
    const mine = names.filter((n) => n.startsWith(`${this.kind}-`) && n.endsWith(SUFFIX)).sort();
    const named = mine.map((file) => file.slice(0, -SUFFIX.length));
    // A listing is no snapshot: it can miss a marker that is made or renamed meanwhile. A second look cannot miss
    // the same one, so only what is unmarked in both is sealed.
    if (named.some((name) => !markers.has(name) && !this.known.get(name)?.final)) {
      for (const [name, marker] of markersIn(await readdir(this.folder))) markers.set(name, marker);
    }
    const segments: StoredSegment[] = [];
    for (const name of named) {
      const marker = markers.get(name);
      const size = await this.sizeOf(name, marker === undefined);
      if (size === undefined) continue;
      segments.push({ name, size, state: await this.stateOf(marker), marker });
    }
    // What was begun while this looked is not in the listing, but there.
    for (const name of knownBefore) if (!mine.includes(name + SUFFIX) && !this.isShared(name)) this.known.delete(name);
    return segments;
  }

  private async stateOf(marker: string | undefined): Promise<StoredSegment["state"]> {
    if (marker === undefined) return "sealed";
    return marker === FREE || (await this.owners.hasEnded(marker.slice(HELD.length))) ? "free" : "held";
  }

  /** Bytes of a segment now; undefined when it has left meanwhile. Asked of the disk until the segment is sealed. */
  private async sizeOf(name: string, sealed: boolean): Promise<number | undefined> {
    const known = this.known.get(name);
    if (sealed && known?.final) return known.size;
    // Of what this process is writing, only what its index knows is there yet.
    if (known && this.isShared(name)) return known.index.bytes;
    const size = await this.bytesOf(name);
    if (sealed && known !== undefined && known.size === size) known.final = true;
    return size;
  }

  /** What the disk says of a segment's size; undefined when it is not there. */
  async bytesOf(name: string): Promise<number | undefined> {
    const path = this.pathOf(name);
    try {
      const found = await stat(path);
      if (found.isFile()) {
        this.strange.delete(path);
        return found.size;
      }
    } catch (error) {
      if (errno(error) === "ENOENT") return undefined;
      if (!isNoFile(error)) throw error;
    }
    if (!this.strange.has(path))
      this.logger.warn("what bears the name of a segment is no file; it is left out", { path });
    this.strange.add(path);
    return undefined;
  }

  /** How many lines of a segment cannot be read. */
  async damagedIn(segment: StoredSegment): Promise<number> {
    return (await this.headerOf(segment)).damaged;
  }

  pathOf(name: string): string {
    return join(this.folder, name + SUFFIX);
  }

  beside(name: string, suffix: string): string {
    return join(this.folder, `${name}.${suffix}`);
  }

  /** Opens a segment for reading; undefined when it has left meanwhile. */
  openForReading(name: string): Promise<FileHandle | undefined> {
    return this.openAs(name, "r");
  }

  /** Opens a segment to overwrite lines where they lie; undefined when it has left meanwhile. */
  openForErasing(name: string): Promise<FileHandle | undefined> {
    return this.openAs(name, "r+");
  }

  private async openAs(name: string, flags: "r" | "r+"): Promise<FileHandle | undefined> {
    try {
      return await open(this.pathOf(name), flags);
    } catch (error) {
      if (errno(error) === "ENOENT") return undefined;
      throw error;
    }
  }

  /** The writer's own index serves reads too. */
  share(name: string, index: SegmentIndex): void {
    this.known.set(name, { index, size: Number.POSITIVE_INFINITY, rebuilt: true, final: false });
  }

  /** The writer stops writing: what its index knows is the whole of the segment. */
  unshare(name: string, index: SegmentIndex, size: number): void {
    this.known.set(name, { index, size, rebuilt: true, final: false });
  }

  /** Whether this process writes to the segment. */
  private isShared(name: string): boolean {
    return this.known.get(name)?.size === Number.POSITIVE_INFINITY;
  }

  /** Earliest and latest time of a segment's facts, without loading its rows where it can be avoided. */
  timesOf(segment: StoredSegment): Promise<{ minTime: number; maxTime: number }> {
    return this.headerOf(segment);
  }

  private async headerOf(segment: StoredSegment): Promise<Pick<IndexHeader, "minTime" | "maxTime" | "damaged">> {
    const known = this.upToDate(segment);
    if (known !== undefined) return known;
    const handle = await openToRead(this.beside(segment.name, "index")).catch(() => undefined);
    if (handle !== undefined) {
      try {
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
        const header = decodeHeader(buffer.subarray(0, bytesRead));
        if (header?.bytes === segment.size) return header;
      } catch (error) {
        if (!isNoFile(error)) throw error;
      } finally {
        await handle.close();
      }
    }
    return this.indexOf(segment);
  }

  /** A segment's index, up to date; loaded, extended or made anew as needed. */
  async indexOf(segment: StoredSegment): Promise<SegmentIndex> {
    return this.upToDate(segment) ?? this.inTurn(() => this.bringUp(segment), segment.name);
  }

  private upToDate({ name, size }: StoredSegment): SegmentIndex | undefined {
    const known = this.known.get(name);
    // What this process is writing enters the index by its writer alone.
    if (known === undefined || this.isShared(name)) return known?.index;
    // A size between the two is new: a writer took back what it had written in part, and wrote something else.
    return known.index.bytes >= size || known.size === size ? known.index : undefined;
  }

  private async bringUp(segment: StoredSegment): Promise<SegmentIndex> {
    const done = this.upToDate(segment);
    if (done) return done;
    const known = this.known.get(segment.name);
    const stored = known?.index ?? (await this.load(segment.name));
    const usable = stored !== undefined && stored.bytes <= segment.size;
    return this.extend(segment, usable ? stored : new SegmentIndex(), known?.rebuilt ?? !usable);
  }

  /** Makes an index anew after it has proved wrong; undefined when that has been done before. */
  async rebuild(segment: StoredSegment): Promise<SegmentIndex | undefined> {
    if (this.known.get(segment.name)?.rebuilt) return undefined;
    this.logger.warn("the index of a segment is stale and is made anew", { segment: segment.name });
    return this.reindex(segment);
  }

  /** Makes an index anew from the segment itself. */
  reindex(segment: StoredSegment): Promise<SegmentIndex> {
    return this.inTurn(() => this.extend(segment, new SegmentIndex(), true), segment.name);
  }

  private async extend(segment: StoredSegment, index: SegmentIndex, rebuilt: boolean): Promise<SegmentIndex> {
    const { name, size, state } = segment;
    let before = index.bytes;
    const handle = await this.openForReading(name);
    if (handle === undefined) return index;
    try {
      if (!(await endsLine(handle, before))) {
        index = new SegmentIndex();
        rebuilt = true;
        before = 0;
      }
      await extendIndex(index, this.kind, handle, size);
    } finally {
      await handle.close();
    }
    // Whoever began to write meanwhile knows better.
    if (!this.isShared(name)) this.known.set(name, { index, size, rebuilt, final: state === "sealed" });
    if (state !== "held" && !this.warned.has(name) && (index.damaged > 0 || index.bytes < size)) {
      this.warned.add(name);
      this.logger.warn("a segment holds lines that cannot be read; they are skipped", {
        segment: name,
        lines: index.damaged,
        tornBytes: size - index.bytes,
      });
    }
    // A writer that lives keeps the index of its own segment.
    if (index.bytes > before && state !== "held") await this.save(name, index);
    return index;
  }

  private async load(name: string): Promise<SegmentIndex | undefined> {
    try {
      return SegmentIndex.decode(await readBytes(this.beside(name, "index")));
    } catch (error) {
      // It can be made anew, unless the process may open nothing more at all.
      if (errno(error) === "EMFILE" || errno(error) === "ENFILE") throw error;
      return undefined;
    }
  }

  /** Writes an index beside its segment. It can always be made again, so a failure is only told. */
  async save(name: string, index: SegmentIndex): Promise<void> {
    if (this.readOnly) return;
    const path = this.beside(name, "index");
    try {
      await replaceFile(path, index.encode()).catch(async (error) => {
        if (!isNoFile(error)) throw error;
        await discard(path);
        await replaceFile(path, index.encode());
      });
    } catch (error) {
      this.logger.warn("an index could not be written; it will be made anew when needed", { segment: name, error });
    }
  }

  /** Replaces an index after an erasure. */
  async replace(segment: StoredSegment, index: SegmentIndex): Promise<void> {
    this.known.set(segment.name, { index, size: segment.size, rebuilt: true, final: segment.state === "sealed" });
    await this.save(segment.name, index);
  }

  /** Tries to become the one who may write to (or remove) a segment that nobody holds. */
  async take(segment: StoredSegment, holder: string): Promise<boolean> {
    try {
      await rename(this.beside(segment.name, segment.marker as string), this.beside(segment.name, HELD + holder));
      return true;
    } catch (error) {
      if (errno(error) === "ENOENT") return false;
      throw error;
    }
  }

  /** Gives back what was held: the next writer may go on with it. Without a marker (deleted by hand) it is sealed. */
  async release(name: string, holder: string): Promise<void> {
    await rename(this.beside(name, HELD + holder), this.beside(name, FREE)).catch((error) => {
      if (errno(error) !== "ENOENT") throw error;
    });
  }

  /** Frees what holders that have ended left: nobody need ask for them again. */
  async freeEnded(): Promise<void> {
    for (const { name, state, marker } of await this.list()) {
      if (state !== "free" || marker === undefined || marker === FREE) continue;
      await rename(this.beside(name, marker), this.beside(name, FREE)).catch((error) => {
        // Another process was first.
        if (errno(error) !== "ENOENT") throw error;
      });
    }
  }

  /** Removes a segment with all that stands beside it. */
  async remove(name: string, marker?: string): Promise<void> {
    await rm(this.pathOf(name), { force: true });
    for (const suffix of ["index", "erased", marker ?? FREE]) await discard(this.beside(name, suffix));
    this.known.delete(name);
  }

  /** Removes what stands beside no segment: another process may have written an index for one that just left. */
  async sweep(): Promise<void> {
    for (const file of await readdir(this.folder)) {
      const [, name, marker] = BESIDE.exec(file) ?? [];
      if (!name?.startsWith(`${this.kind}-`) || (await this.bytesOf(name)) !== undefined) continue;
      // Its holder is about to begin the segment.
      if (marker?.startsWith(HELD) && !(await this.owners.hasEnded(marker.slice(HELD.length)))) continue;
      await discard(join(this.folder, file));
    }
  }
}

/** What stands beside a segment, and is of no use without it. */
const BESIDE = /^([^.]+)\.(index|erased|free|held-[^.]+)(?:\.[^.]+\.tmp)?$/;

/** When a segment was begun, in milliseconds: its name says so; 0 for a name that does not. */
export function begunAt(name: string): number {
  return Number(name.split("-")[1]) || 0;
}

/** The markers in a listing: what stands beside a segment that may still grow. */
function markersIn(names: readonly string[]): Map<string, string> {
  const markers = new Map<string, string>();
  for (const name of names) {
    const dot = name.indexOf(".");
    if (dot < 0) continue;
    const tail = name.slice(dot + 1);
    if (tail === FREE || tail.startsWith(HELD)) markers.set(name.slice(0, dot), tail);
  }
  return markers;
}
