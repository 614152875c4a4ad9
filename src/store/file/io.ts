import { constants } from "node:fs";
import { chmod, type FileHandle, link, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { digest, isLearningError, LearningError, messageOf, newId } from "../../core/index.js";

/** What is written is for its owner alone to read. */
export const PRIVATE_FILE = 0o600;
const PRIVATE_FOLDER = 0o700;

/** What can be done about an error number of the operating system. */
const REMEDIES: Record<string, string> = {
  EACCES: "Give the process write permission on the folder, or choose another folder.",
  EPERM: "Give the process write permission on the folder, or choose another folder.",
  EROFS: "The file system is read-only; choose a folder on a writable one.",
  ENOSPC: "The disk is full; free space or lower dataCleanup.maxBytes.",
  EDQUOT: "The disk quota is used up; free space or lower dataCleanup.maxBytes.",
  ENOTDIR: "A part of the path is a file; choose another folder.",
  EEXIST: "A file stands where the folder should be; choose another folder.",
  EMFILE: "Too many files are open; raise the limit of open files.",
  ENFILE: "Too many files are open; raise the limit of open files.",
  EISDIR: "A folder stands where a file should be; move it away.",
  ENXIO: "A pipe or a socket stands where a file should be; move it away.",
  ENOENT: "The folder was removed while it was in use; open the store again.",
  ENAMETOOLONG: "The path is too long for this file system; choose a folder with a shorter one.",
  ELOOP: "Links of the folder lead back to themselves; choose another folder.",
  EIO: "The disk reports a defect; check it, and restore the folder from a backup.",
};

/** Half of a character beyond the basic plane, without its other half. */
const LONE = /\p{Surrogate}/gu;

/** A text as it may stand in the name of a file: readable, and different for every text. */
export function escapedName(name: string): string {
  const halves = name.match(LONE) ?? [];
  const parts = name.split(LONE).map(encodeURIComponent);
  return parts.map((part, i) => (i === 0 ? part : `%u${halves[i - 1].charCodeAt(0).toString(16)}${part}`)).join("");
}

/** The same, short enough for any file system. */
export function fileNameOf(name: string): string {
  const escaped = escapedName(name).replace(/\*/g, "%2A");
  return escaped.length > 180 ? `${escaped.slice(0, 140)}~${digest(name)}` : escaped;
}

/** The error code of the operating system, if it is one. */
export function errno(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" ? code : undefined;
}

/** A STORE_IO error that says what was tried where, and what to do. */
export function ioError(action: string, path: string, cause: unknown): LearningError {
  return new LearningError("STORE_IO", {
    received: `${errno(cause) ?? "an error"} on ${action} ${path} (${messageOf(cause)})`,
    expected: "a folder that can be read and written",
    remedy: REMEDIES[errno(cause) ?? ""] ?? "Check the folder and the disk, then try again.",
    cause,
  });
}

/** Gives errors of the operating system a code of this package; others pass as they are. */
export function codedIo(action: string, path: string, cause: unknown): unknown {
  const isSystem = errno(cause) !== undefined && (cause as { syscall?: unknown }).syscall !== undefined;
  return isSystem && !isLearningError(cause) ? ioError(action, path, cause) : cause;
}

/** Makes a folder that only its owner may read, and proves that files can be made in it; fails with STORE_IO. */
export async function ensureFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
    // Where another user owns it, that one decides who may read.
    await chmod(folder, PRIVATE_FOLDER).catch(() => {});
    const probe = `${folder}/.probe-${newId()}`;
    const handle = await open(probe, "wx", PRIVATE_FILE);
    await handle.close();
    await rm(probe);
  } catch (cause) {
    throw ioError("preparing the folder", folder, cause);
  }
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems cannot sync folders; the files themselves are synced.
    if (errno(error) !== "EINVAL" && errno(error) !== "EPERM") throw error;
  } finally {
    await handle.close();
  }
}

/** Writes all of `data` at the handle's position. */
export async function writeFully(handle: FileHandle, data: Uint8Array): Promise<void> {
  for (let at = 0; at < data.byteLength; ) {
    const { bytesWritten } = await handle.write(data, at, data.byteLength - at, null);
    at += bytesWritten;
  }
}

/** Writes a new file beside `path` and makes it durable; the caller moves it into place. */
export async function writeBeside(path: string, data: string | Uint8Array): Promise<string> {
  const temporary = `${path}.${newId().slice(0, 8)}.tmp`;
  try {
    const handle = await open(temporary, "wx", PRIVATE_FILE);
    try {
      await writeFully(handle, typeof data === "string" ? Buffer.from(data) : data);
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return temporary;
}

/**
 * Writes a file beside `path` and lets `place` put it there. An erasure removes whatever it finds half written, so a
 * file that has gone meanwhile is written again.
 */
async function placeFile<T>(
  path: string,
  data: string | Uint8Array,
  place: (temporary: string) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const temporary = await writeBeside(path, data);
    try {
      return await place(temporary);
    } catch (error) {
      if (errno(error) !== "ENOENT" || attempt === 3) throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  }
}

/** Whether the system says that no file stands where one should be: a folder, a pipe, a link that leads to itself. */
export function isNoFile(error: unknown): boolean {
  const code = errno(error);
  return code === "EISDIR" || code === "ENXIO" || code === "ELOOP";
}

/** A flag of `open`: a pipe is not waited for until somebody writes into it, or reads from it. */
export const NO_WAIT = constants.O_NONBLOCK ?? 0;

/** Opens a file for reading; what is neither a file nor a folder (a pipe, a device) fails as the system would with a socket. */
export async function openToRead(path: string): Promise<FileHandle> {
  const handle = await open(path, constants.O_RDONLY | NO_WAIT);
  const found = await handle.stat().catch(async (error) => {
    await handle.close();
    throw error;
  });
  if (found.isFile() || found.isDirectory()) return handle;
  await handle.close();
  throw Object.assign(new Error(`ENXIO: no file, open '${path}'`), { code: "ENXIO", syscall: "open", path });
}

/** Removes whatever stands there. */
export function discard(path: string): Promise<void> {
  return rm(path, { force: true, recursive: true });
}

/** Replaces a file at once: readers see the old content or the new, never a mixture. Durable on return. */
export async function replaceFile(path: string, data: string | Uint8Array): Promise<void> {
  await placeFile(path, data, (temporary) => rename(temporary, path));
  await syncFolder(dirname(path));
}

/** Creates a file at once and durably; false when the name is taken. */
export async function createFile(path: string, data: string): Promise<boolean> {
  const created = await placeFile(path, data, (temporary) =>
    link(temporary, path).then(
      () => true,
      (error) => {
        if (errno(error) === "EEXIST") return false;
        throw error;
      },
    ),
  );
  if (created) await syncFolder(dirname(path));
  return created;
}

/** A file's text, or undefined when there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return (await readBytes(path)).toString("utf8");
  } catch (error) {
    if (errno(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** All of a file. */
export async function readBytes(path: string): Promise<Buffer> {
  const handle = await openToRead(path);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}
