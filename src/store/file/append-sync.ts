import {
  closeSync,
  constants,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { newId } from "../../core/index.js";
import { errno, isNoFile, NO_WAIT } from "./io.js";
import { begunAt, type SegmentFolder } from "./segment-folder.js";

const { O_APPEND, O_CREAT, O_WRONLY } = constants;

/** What decides where lines go. */
export interface SyncAppend {
  segments: SegmentFolder;
  holder: string;
  now: number;
  segmentBytes: number;
  /** A segment that was begun longer ago than this is not gone on with. */
  spanMs: number;
  fsync: boolean;
}

/**
 * Writes whole lines to a segment that nobody holds, or to a new one, and leaves it free for the next writer.
 * Everything before it returns: for the end of a process, and for programs that never let the event loop turn.
 */
export function appendLinesSync(lines: readonly Uint8Array[], append: SyncAppend): void {
  const { segments, holder } = append;
  const names = readdirSync(segments.folder).filter((name) => name.startsWith(`${segments.kind}-`));
  const name = takeFree(names, append) ?? beginNew(names, append);
  try {
    writeLines(segments.pathOf(name), lines, append.fsync);
  } finally {
    renameSync(segments.beside(name, `held-${holder}`), segments.beside(name, "free"));
  }
}

function takeFree(names: readonly string[], { segments, holder, now, spanMs, segmentBytes }: SyncAppend) {
  for (const file of names) {
    if (!file.endsWith(".free")) continue;
    const name = file.slice(0, -".free".length);
    if (now - begunAt(name) > spanMs) continue;
    try {
      renameSync(segments.beside(name, "free"), segments.beside(name, `held-${holder}`));
    } catch (error) {
      if (errno(error) === "ENOENT") continue;
      throw error;
    }
    const size = sizeOf(segments.pathOf(name));
    if (size !== undefined && size < segmentBytes) return name;
    renameSync(segments.beside(name, `held-${holder}`), segments.beside(name, "free"));
  }
  return undefined;
}

function beginNew(names: readonly string[], { segments, holder, now }: SyncAppend): string {
  const latest = Math.max(0, ...names.map(begunAt));
  const stamp = String(Math.max(now, latest + 1)).padStart(14, "0");
  const name = `${segments.kind}-${stamp}-${newId().slice(0, 8)}`;
  // The marker first: a segment without one never grows.
  writeFileSync(segments.beside(name, `held-${holder}`), "", { flag: "wx", mode: 0o600 });
  return name;
}

/** Bytes of a file, which is made where there is none; undefined where something else stands in its place. */
function sizeOf(path: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, O_APPEND | O_CREAT | O_WRONLY | NO_WAIT, 0o600);
  } catch (error) {
    if (isNoFile(error)) return undefined;
    throw error;
  }
  try {
    const found = fstatSync(fd);
    return found.isFile() ? found.size : undefined;
  } finally {
    closeSync(fd);
  }
}

function writeLines(path: string, lines: readonly Uint8Array[], fsync: boolean): void {
  const fd = openSync(path, "a+", 0o600);
  try {
    const { size } = fstatSync(fd);
    const last = Buffer.alloc(1, "\n");
    if (size > 0) readSync(fd, last, 0, 1, size - 1);
    const data = Buffer.concat(last.toString() === "\n" ? lines : [Buffer.from("\n"), ...lines]);
    for (let at = 0; at < data.length; ) at += writeSync(fd, data, at);
    if (fsync) size === 0 ? fsyncSync(fd) : fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
