import { link, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { errno, readText, syncFolder, writeBeside } from "./io.js";

/** One version of a file, and its number. */
export interface FileVersion {
  version: number;
  text: string;
}

/**
 * A small file that many processes change, in any container and without locks. Every version is a file of its own,
 * `NAME@12.json`, and comes into being by one atomic step that only one process can win; the highest number counts.
 * Whoever was stopped in the middle of a change and wakes up later finds its number taken or surpassed, and begins
 * anew. The version before is kept, for the case that the newest gets damaged.
 *
 * The number 0 stands for `NAME.json`, and -1 for `NAME.json.bak`, which release 0.1.0 wrote.
 */
export class VersionedFile {
  constructor(
    readonly folder: string,
    readonly name: string,
  ) {}

  /** The file of a version. */
  pathOf(version: number): string {
    if (version > 0) return join(this.folder, `${this.name}@${version}.json`);
    return join(this.folder, `${this.name}.json${version < 0 ? ".bak" : ""}`);
  }

  /** The numbers of the versions there are, newest first. */
  async versions(): Promise<number[]> {
    const numbers = (await readdir(this.folder)).map((file) => versionIn(file, this.name));
    return numbers.filter((n) => n !== undefined).sort((a, b) => b - a);
  }

  /** The text of a version; undefined when it has been removed meanwhile. */
  read(version: number): Promise<string | undefined> {
    return readText(this.pathOf(version));
  }

  /**
   * Writes the version behind `last`, durably, and keeps the one in `keep` (by default `last`) beside it. False when
   * another process was first, and nothing was changed.
   */
  async write(last: number, text: string, keep = last): Promise<boolean> {
    const next = Math.max(last, 0) + 1;
    const temporary = await writeBeside(this.pathOf(next), text);
    try {
      await link(temporary, this.pathOf(next));
    } catch (error) {
      // Without its temporary file it was slower than an erasure, which removes what is half written.
      if (errno(error) === "EEXIST" || errno(error) === "ENOENT") return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
    const there = await this.versions();
    // Others went past this number and swept it away before it was written: nobody will ever read it.
    if (there.some((version) => version > next)) {
      await rm(this.pathOf(next), { force: true });
      return false;
    }
    await syncFolder(this.folder);
    for (const version of there)
      if (version < next && version !== keep) await rm(this.pathOf(version), { force: true });
    return true;
  }

  /** Removes what writers left half written. One that still lives begins anew. */
  async sweep(): Promise<void> {
    for (const file of await readdir(this.folder))
      if (file.endsWith(".tmp") && isOf(file, this.name)) await rm(join(this.folder, file), { force: true });
  }
}

/** Whether a file (a version, or one that is half written) is of this name. */
function isOf(file: string, name: string): boolean {
  return nameIn(file) === name;
}

/** The name of the versioned file that a file in its folder belongs to. */
export function nameIn(file: string): string | undefined {
  return /^(.+?)(?:@[1-9]\d*)?\.json(?:(?:\.bak)?(?:\.[^.]+\.tmp)?)?$/.exec(file)?.[1];
}

function versionIn(file: string, name: string): number | undefined {
  if (file === `${name}.json`) return 0;
  if (file === `${name}.json.bak`) return -1;
  if (!file.startsWith(`${name}@`) || !file.endsWith(".json")) return undefined;
  const digits = file.slice(name.length + 1, -".json".length);
  return /^[1-9]\d{0,14}$/.test(digits) ? Number(digits) : undefined;
}
