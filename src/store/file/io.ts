import { type FileHandle, link, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { LearningError, messageOf, newId } from "../../core/index.js";

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
};

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

/** Makes a folder and proves that files can be made in it; fails with STORE_IO. */
export async function ensureFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    const probe = `${folder}/.probe-${newId()}`;
    const handle = await open(probe, "wx");
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
    const handle = await open(temporary, "wx");
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

/** Replaces a file at once: readers see the old content or the new, never a mixture. Durable on return. */
export async function replaceFile(path: string, data: string | Uint8Array, backup?: string): Promise<void> {
  const temporary = await writeBeside(path, data);
  if (backup !== undefined) {
    await rm(backup, { force: true });
    await link(path, backup).catch((error) => {
      if (errno(error) !== "ENOENT") throw error;
    });
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Creates a file at once and durably; false when the name is taken. */
export async function createFile(path: string, data: string): Promise<boolean> {
  const temporary = await writeBeside(path, data);
  try {
    await link(temporary, path);
  } catch (error) {
    if (errno(error) === "EEXIST") return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  await syncFolder(dirname(path));
  return true;
}

/** A file's text, or undefined when there is none. */
export async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (errno(error) === "ENOENT") return undefined;
    throw error;
  }
}
