import { link, lstat, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "../../core/index.js";
import { discard, errno, isNoFile, readText, syncFolder, writeBeside } from "./io.js";
import { openText, sealText } from "./sealed-text.js";

/** What a version holds. */
export interface FileVersion {
  version: number;
  contents: unknown;
  /** Marks of the writes that led to it, newest first; none in a file of release 0.1.0. */
  stamps: readonly string[];
}

/** A file that was touched less than this before is not known by its times: it may be touched again within one of their ticks. */
const SETTLED_MS = 100;

/** So many writes of others may come between the step by which a version comes into being and the look at what became of it. */
const STAMPS = 64;

/**
 * A small file that many processes change, in any container and without locks. Every version is a file of its own,
 * `NAME@12.json`, and comes into being by one atomic step that only one process can win; the highest number counts.
 * Whoever was stopped in the middle of a change and wakes up later finds its number taken or surpassed, and begins
 * anew. The version before is kept, for the case that the newest gets damaged.
 *
 * The number 0 stands for `NAME.json`, and -1 for `NAME.json.bak`, which release 0.1.0 wrote.
 */
export class VersionedFile {
  /** @param look lists the folder; who has many files in it may share a listing among them */
  constructor(
    readonly folder: string,
    readonly name: string,
    private readonly look: () => Promise<VersionsByName> = () => versionsIn(folder),
  ) {}

  /** The file of a version. */
  pathOf(version: number): string {
    if (version > 0) return join(this.folder, `${this.name}@${version}.json`);
    return join(this.folder, `${this.name}.json${version < 0 ? ".bak" : ""}`);
  }

  /** The numbers of the versions there are, newest first. */
  async versions(): Promise<number[]> {
    return [...((await this.look()).get(this.name) ?? [])].sort((a, b) => b - a);
  }

  /**
   * What tells a version's file, and its bytes; another mark when somebody edited it by hand. Undefined where it has
   * been removed, or was touched a moment ago.
   */
  async markOf(version: number): Promise<{ mark: string; bytes: number } | undefined> {
    const now = Date.now();
    const found = await stat(this.pathOf(version), { bigint: true }).catch(() => undefined);
    if (!found?.isFile()) return undefined;
    const { ino, size, mtimeNs, ctimeNs, mtimeMs, ctimeMs } = found;
    const touched = Math.max(Number(mtimeMs), Number(ctimeMs));
    if (touched > now - SETTLED_MS) return undefined;
    return { mark: [version, ino, size, mtimeNs, ctimeNs].join(" "), bytes: Number(size) };
  }

  /** A version; undefined when it has been removed meanwhile. Fails where it is damaged. */
  async read(version: number): Promise<FileVersion | undefined> {
    const path = this.pathOf(version);
    const text = await readText(path).catch((error) => {
      throw isNoFile(error) ? new Error(`${path} is no file`, { cause: error }) : error;
    });
    if (text === undefined) {
      // What has gone is listed no more; a link that leads nowhere is, however often one looks.
      if (await isLink(path)) throw new Error(`${path} is a link to nothing`);
      return undefined;
    }
    const sealed = openText(text);
    return sealed ? { version, ...sealed } : { version, contents: JSON.parse(text), stamps: [] };
  }

  /**
   * Writes the version behind `last`, durably; `base` is the one it was made from, and stays beside it. False when
   * another process was first, and nothing was changed.
   */
  async write(last: number, json: string, base?: Pick<FileVersion, "version" | "stamps">): Promise<boolean> {
    const next = Math.max(last, 0) + 1;
    const stamp = newId().slice(-8);
    const stamps = [stamp, ...(base?.stamps ?? [])].slice(0, STAMPS);
    const temporary = await writeBeside(this.pathOf(next), sealText(json, stamps));
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
    if (there[0] !== next && !(await this.ledTo(stamp))) {
      // Others had gone past this number and swept it away before it was written: nobody will ever read it.
      await discard(this.pathOf(next));
      return false;
    }
    await syncFolder(this.folder);
    for (const version of there) if (version < next && version !== base?.version) await discard(this.pathOf(version));
    return true;
  }

  /** Whether the newest version that can be read was made from the one of a stamp. */
  private async ledTo(stamp: string): Promise<boolean> {
    for (const version of await this.versions()) {
      const found = await this.read(version).catch(() => undefined);
      if (found) return found.stamps.includes(stamp);
    }
    return false;
  }

  /** Removes what writers left half written. One that still lives begins anew. */
  async sweep(): Promise<void> {
    for (const file of await readdir(this.folder))
      if (file.endsWith(".tmp") && isOf(file, this.name)) await discard(join(this.folder, file));
  }
}

const isLink = (path: string) =>
  lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );

/** Whether a file (a version, or one that is half written) is of this name. */
function isOf(file: string, name: string): boolean {
  return nameIn(file) === name;
}

/** The name of the versioned file that a file in its folder belongs to. */
export function nameIn(file: string): string | undefined {
  return /^(.*?)(?:@[1-9]\d*)?\.json(?:(?:\.bak)?(?:\.[^.]+\.tmp)?)?$/.exec(file)?.[1];
}

/** Numbers of versions by the names of versioned files, as a folder lists them. */
export type VersionsByName = ReadonlyMap<string, readonly number[]>;

/** The versions that a folder lists now. */
export async function versionsIn(folder: string): Promise<VersionsByName> {
  const found = new Map<string, number[]>();
  for (const file of await readdir(folder)) {
    const [whole, stem = "", number, backup] = /^(.*?)(?:@([1-9]\d{0,14}))?\.json(\.bak)?$/.exec(file) ?? [];
    // Numbered versions have no backup.
    if (whole === undefined || (number !== undefined && backup !== undefined)) continue;
    const version = backup !== undefined ? -1 : Number(number ?? 0);
    const known = found.get(stem);
    if (known) known.push(version);
    else found.set(stem, [version]);
  }
  return found;
}
