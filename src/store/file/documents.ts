import { copyFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Adapter, Low } from "lowdb";
import type { Clock, Logger } from "../../core/index.js";
import { isoTime, LearningError, messageOf, oneAtATime } from "../../core/index.js";
import type { DocumentStore, UpdateOptions } from "../learning-store.js";
import { documentText } from "../memory-store.js";
import { errno, ioError, readText, replaceFile } from "./io.js";
import type { FileLeases } from "./leases.js";
import { withLock } from "./lock.js";

/** All documents of one group, by key. */
type Group = Record<string, unknown>;

/** The file of a group, its version before, or either while it is being written. */
const OF_GROUP = /^(.+?)\.json(?:(?:\.bak)?\.[^.]+\.tmp)?$/;
const DAMAGED = /\.json\.damaged-[^.]+$/;

/** Where `a/b` belongs: one file per first part of the key, so that writers of different groups never meet. */
function groupOf(key: string): string {
  const slash = key.indexOf("/");
  return encodeURIComponent(slash < 0 ? "documents" : key.slice(0, slash));
}

/**
 * Reads and writes one group's file for lowdb: at once and durably, with the version before kept
 * beside it, which serves when the file was damaged by hand.
 */
class GroupFile implements Adapter<Group> {
  constructor(
    private readonly path: string,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async read(): Promise<Group | null> {
    const text = await readText(this.path);
    if (text === undefined) return null;
    try {
      return parseGroup(text);
    } catch (cause) {
      return this.recover(cause);
    }
  }

  write(data: Group): Promise<void> {
    return replaceFile(this.path, JSON.stringify(data, null, 1), `${this.path}.bak`);
  }

  private async recover(cause: unknown): Promise<Group> {
    const before = await readText(`${this.path}.bak`);
    try {
      if (before === undefined) throw cause;
      const group = parseGroup(before);
      this.logger.warn("a document file is damaged; its previous version is used", {
        path: this.path,
        reason: messageOf(cause),
      });
      return group;
    } catch {
      throw new LearningError("STORE_CORRUPT", {
        received: `${this.path}, which is no JSON object (${messageOf(cause)})`,
        expected: "the file as this package wrote it",
        remedy: "Restore the file from a backup, or move it away to start without these documents.",
        cause,
      });
    }
  }

  /** Replaces the version before by the present one: what was erased may not stay in it. */
  async forgetBefore(): Promise<void> {
    if ((await readText(this.path)) === undefined) return;
    // Where the present one is damaged, that is the version before: both are then the one that serves.
    const present = await this.read();
    await this.keepDamaged();
    await replaceFile(`${this.path}.bak`, JSON.stringify(present, null, 1));
  }

  /** Keeps a damaged file for the people who may want to mend it. */
  async keepDamaged(): Promise<void> {
    const text = await readText(this.path);
    if (text === undefined) return;
    try {
      parseGroup(text);
    } catch {
      await copyFile(this.path, `${this.path}.damaged-${isoTime(this.clock.now()).replace(/[:.]/g, "-")}`);
      // The next write moves the current file into the backup's place: put the good one back first.
      await copyFile(`${this.path}.bak`, this.path);
    }
  }
}

function parseGroup(text: string): Group {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error("not a JSON object");
  return value as Group;
}

/** Documents in files, each with the version before kept beside it. */
export interface FileDocuments extends DocumentStore {
  /** Replaces the versions before by the present ones, after an erasure. */
  forgetBefore(): Promise<void>;
}

/** Documents in lowdb files under `folder`, safe among several processes of one host. */
export function fileDocuments(
  folder: string,
  clock: Clock,
  logger: Logger,
  leases: Pick<FileLeases, "check">,
): FileDocuments {
  const inTurn = oneAtATime();
  const adapterOf = (group: string) => new GroupFile(join(folder, `${group}.json`), clock, logger);

  const load = async (group: string): Promise<Low<Group>> => {
    const low = new Low<Group>(adapterOf(group), {});
    await low.read();
    return low;
  };
  /** One at a time: within the process by a queue, among processes by the lock. */
  const alone = <T>(group: string, work: () => Promise<T>): Promise<T> => {
    const path = join(folder, `${group}.json`);
    const run = () =>
      withLock(`${path}.lock`, clock, work).catch((cause) => {
        throw errno(cause)?.startsWith("STORE_") ? cause : ioError("writing", path, cause);
      });
    return inTurn(run, group);
  };
  const change = async <T>(group: string, edit: (data: Group) => T, { lease }: UpdateOptions = {}): Promise<T> => {
    const edited = await alone(group, async () => {
      if (lease) await leases.check(lease);
      const low = await load(group);
      let result: T;
      try {
        result = edit(low.data);
      } catch (error) {
        return { error };
      }
      await adapterOf(group).keepDamaged();
      await low.write();
      return { result };
    });
    if ("error" in edited) throw edited.error;
    return edited.result;
  };
  const groups = async () => {
    const found = (await readdir(folder)).map((file) => OF_GROUP.exec(file)?.[1]);
    return [...new Set(found.filter((group) => group !== undefined))];
  };
  /** Nobody writes to a group whose lock is held: what lies there half written was left by somebody who died. */
  const forgetBefore = (group: string) =>
    alone(group, async () => {
      for (const file of await readdir(folder))
        if (file.endsWith(".tmp") && OF_GROUP.exec(file)?.[1] === group) await rm(join(folder, file), { force: true });
      await adapterOf(group).forgetBefore();
    });

  return {
    async get<T>(key: string) {
      const low = await load(groupOf(key));
      return Object.hasOwn(low.data, key) ? (low.data[key] as T) : undefined;
    },
    async put(key, value) {
      const text = documentText(key, value);
      await change(groupOf(key), (data) => {
        data[key] = JSON.parse(text);
      });
    },
    update<T>(key: string, edit: (current: T | undefined) => T, options?: UpdateOptions) {
      const replace = (data: Group) => {
        const text = documentText(key, edit(Object.hasOwn(data, key) ? (data[key] as T) : undefined));
        data[key] = JSON.parse(text);
        return JSON.parse(text) as T;
      };
      return change(groupOf(key), replace, options);
    },
    async delete(key) {
      const group = groupOf(key);
      if (!Object.hasOwn((await load(group)).data, key)) return;
      await change(group, (data) => {
        delete data[key];
      });
      await forgetBefore(group);
    },
    async keys(prefix = "") {
      const found: string[] = [];
      for (const group of prefix.includes("/") ? [groupOf(prefix)] : await groups())
        found.push(...Object.keys((await load(group)).data));
      return found.filter((key) => key.startsWith(prefix)).sort();
    },
    async forgetBefore() {
      for (const group of await groups()) await forgetBefore(group);
      const files = (await readdir(folder)).filter((file) => DAMAGED.test(file));
      if (files.length > 0)
        logger.warn("copies of damaged documents may hold what was erased; delete them when they are mended", {
          files,
        });
    },
  };
}
