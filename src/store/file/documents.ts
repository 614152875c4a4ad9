import { link, readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { type Adapter, Low } from "lowdb";
import type { Clock, Logger } from "../../core/index.js";
import { isLearningError, isoTime, LearningError, messageOf, oneAtATime } from "../../core/index.js";
import { isRecord } from "../../core/is-object.js";
import { checkKey } from "../facts.js";
import { leaseLost } from "../held-lease.js";
import type { DocumentStore, UpdateOptions } from "../learning-store.js";
import { documentText } from "../memory-store.js";
import { discard, errno, escapedName, ioError } from "./io.js";
import type { FileLeases } from "./leases.js";
import { ReadCache } from "./read-cache.js";
import { sharedLook } from "./shared-look.js";
import { type FileVersion, nameIn, VersionedFile, versionsIn } from "./versioned-file.js";

/** All documents of one group, by key, and under which leases they were last written: lease and number, by key. */
interface Group {
  documents: Record<string, unknown>;
  fences: Record<string, Record<string, number>>;
}

const DAMAGED = /\.json\.damaged-[^.]+$/;

/** Where `a/b` belongs: one file per first part of the key, so that writers of different groups never meet. */
function groupOf(key: string): string {
  checkKey(key);
  const slash = key.indexOf("/");
  return escapedName(slash < 0 ? "documents" : key.slice(0, slash));
}

/** A group as it was read, and the version that it is of. */
interface ReadGroup {
  group: Group;
  base: Pick<FileVersion, "version" | "stamps">;
}

/** Another process changed the group since it was read. */
const OUTRUN = Symbol("outrun");

/**
 * Reads and writes one group's file for lowdb: durably, never over a change of another process, and from the version
 * before where the newest was damaged.
 */
class GroupAdapter implements Adapter<Group> {
  private newest = 0;
  /** The version that could be read. */
  private base: ReadGroup["base"] | undefined;
  private damaged: number[] = [];

  constructor(
    private readonly file: VersionedFile,
    private readonly clock: Clock,
    private readonly cache: ReadCache<ReadGroup>,
    private readonly onDamage: (path: string, reason: string) => void,
  ) {}

  /** The group, which others may hold as well. */
  async read(): Promise<Group | null> {
    for (;;) {
      const versions = await this.file.versions();
      this.newest = versions[0] ?? 0;
      this.damaged = [];
      const mark = versions.length > 0 ? await this.file.markOf(this.newest) : undefined;
      const known = mark && this.cache.get(this.file.name, mark.mark);
      if (known) {
        this.base = known.base;
        return known.group;
      }
      let flaw: unknown;
      let outrun = false;
      for (const version of versions) {
        try {
          const found = await this.file.read(version);
          outrun = found === undefined;
          if (found === undefined) break;
          const group = groupIn(found);
          const base = { version, stamps: found.stamps };
          this.base = base;
          if (mark && version === this.newest) this.cache.set(this.file.name, { ...mark, value: { group, base } });
          for (const n of this.damaged) this.onDamage(this.file.pathOf(n), messageOf(flaw));
          return group;
        } catch (cause) {
          if (errno(cause) !== undefined) throw cause;
          flaw ??= cause;
          this.damaged.push(version);
        }
      }
      // What was listed has been replaced meanwhile: look again.
      if (outrun) continue;
      this.base = undefined;
      if (flaw === undefined) return null;
      throw corrupt(this.file.pathOf(this.newest), flaw);
    }
  }

  async write(group: Group): Promise<void> {
    await this.keepDamaged();
    this.cache.drop(this.file.name);
    if (!(await this.file.write(this.newest, JSON.stringify(group, null, 1), this.base))) throw OUTRUN;
  }

  /** Gives damaged versions a second name, for the people who may want to mend them: the first is about to go. */
  private async keepDamaged(): Promise<void> {
    const stamp = isoTime(this.clock.now()).replace(/[:.]/g, "-");
    for (const version of this.damaged) {
      const copy = `${join(this.file.folder, this.file.name)}.json.damaged-${stamp}`;
      // Another process may have kept it, or replaced it, already.
      await link(this.file.pathOf(version), copy).catch(() => {});
    }
  }
}

function groupIn({ contents, version }: FileVersion): Group {
  if (!isRecord(contents)) throw new Error("not a JSON object");
  // Release 0.1.0 wrote the documents alone.
  if (version <= 0) return { documents: contents, fences: {} };
  const { documents, fences } = contents as unknown as Group;
  if (!isRecord(documents) || !isRecord(fences)) throw new Error("no documents in it");
  return { documents, fences };
}

function corrupt(path: string, cause: unknown): LearningError {
  return new LearningError("STORE_CORRUPT", {
    received: `${path}, which cannot be read as documents (${messageOf(cause)}), and no good version before it`,
    expected: "the file as this package wrote it",
    remedy: "Restore the file from a backup, or move it away to start without these documents.",
    cause,
  });
}

/** Documents in files, each with the version before kept beside it. */
export interface FileDocuments extends DocumentStore {
  /** Replaces the versions before by the present ones and removes damaged copies, after an erasure. */
  forgetBefore(): Promise<void>;
  /** The files that were found damaged, by path; a good version before served in their place. */
  readonly damaged: ReadonlyMap<string, string>;
}

/**
 * Documents in lowdb files under `folder`, safe among any processes that share the folder's file system: every change
 * is a compare-and-set on the version of the file.
 */
export function fileDocuments(
  folder: string,
  clock: Clock,
  logger: Logger,
  leases: Pick<FileLeases, "check">,
): FileDocuments {
  const inTurn = oneAtATime();
  const damaged = new Map<string, string>();
  const cache = new ReadCache<ReadGroup>();
  // Thousands of groups that are read together are not each looked for among all others.
  const look = sharedLook(() => versionsIn(folder));
  const fileOf = (group: string) => new VersionedFile(folder, group, look);
  const onDamage = (path: string, reason: string) => {
    if (damaged.has(path)) return;
    damaged.set(path, reason);
    logger.warn("a document file is damaged; its previous version is used", { path, reason });
  };
  const coded = (action: string, group: string) => (cause: unknown) => {
    throw isLearningError(cause) ? cause : ioError(action, join(folder, group), cause);
  };
  const load = async (group: string): Promise<Low<Group>> => {
    const adapter = new GroupAdapter(fileOf(group), clock, cache, onDamage);
    const low = new Low<Group>(adapter, { documents: {}, fences: {} });
    await low.read();
    return low;
  };
  const read = (group: string) => load(group).then(({ data }) => data.documents, coded("reading", group));

  /** Within the process one after the other: they would only push each other back. */
  const change = <T>(group: string, edit: (data: Group) => T, { lease }: UpdateOptions = {}): Promise<T> =>
    inTurn(async () => {
      for (let attempt = 0; ; attempt++) {
        const low = await load(group).catch(coded("reading", group));
        // What was read stays as it was: it may be known to others, and this change may fail.
        low.data = { documents: { ...low.data.documents }, fences: { ...low.data.fences } };
        const result = edit(low.data);
        if (lease) await leases.check(lease);
        try {
          await low.write();
          return result;
        } catch (error) {
          if (error !== OUTRUN) return coded("writing", group)(error);
        }
        // Somebody always wins; who was outrun often lets the others finish first.
        if (attempt > 3) await setTimeout(Math.min(50, 2 ** (attempt - 3)));
      }
    }, group);

  const groups = async () => {
    const found = (await readdir(folder)).map(nameIn);
    return [...new Set(found.filter((group) => group !== undefined))];
  };
  const forgetBefore = async (group: string) => {
    const file = fileOf(group);
    await file.sweep();
    if ((await file.versions()).length === 0) return;
    // Written twice: the version before is then the same as the present one.
    for (let n = 0; n < 2; n++) await change(group, () => {});
  };

  return {
    damaged,
    async get<T>(key: string) {
      const documents = await read(groupOf(key));
      return documentIn<T>(documents, key);
    },
    async put(key, value) {
      const text = documentText(key, value);
      await change(groupOf(key), ({ documents }) => {
        setOwn(documents, key, JSON.parse(text));
      });
    },
    update<T>(key: string, edit: (current: T | undefined) => T, options: UpdateOptions = {}) {
      const { lease } = options;
      const replace = ({ documents, fences }: Group) => {
        if (lease) setOwn(fences, key, raised(Object.hasOwn(fences, key) ? fences[key] : {}, lease.name, lease.fence));
        const text = documentText(key, edit(documentIn<T>(documents, key)));
        setOwn(documents, key, JSON.parse(text));
        return JSON.parse(text) as T;
      };
      return change(groupOf(key), replace, options);
    },
    async delete(key) {
      const group = groupOf(key);
      if (!Object.hasOwn(await read(group), key)) return;
      await change(group, ({ documents, fences }) => {
        delete documents[key];
        delete fences[key];
      });
      await forgetBefore(group);
    },
    async keys(prefix = "") {
      const found: string[] = [];
      for (const group of prefix.includes("/") ? [groupOf(prefix)] : await groups())
        found.push(...Object.keys(await read(group)));
      return found.filter((key) => key.startsWith(prefix)).sort();
    },
    async forgetBefore() {
      for (const group of await groups()) await forgetBefore(group);
      for (const file of await readdir(folder)) if (DAMAGED.test(file)) await discard(join(folder, file));
    },
  };
}

/** A document, for its reader to do with as they like. */
function documentIn<T>(documents: Record<string, unknown>, key: string): T | undefined {
  return Object.hasOwn(documents, key) ? (JSON.parse(JSON.stringify(documents[key])) as T) : undefined;
}

/** Sets a property of any name: to assign `__proto__` would set none. */
function setOwn<T>(of: Record<string, T>, key: string, value: T): void {
  Object.defineProperty(of, key, { value, enumerable: true, configurable: true, writable: true });
}

/** The numbers under which a document was written; fails where a later holder wrote it already. */
function raised(known: Record<string, number>, name: string, fence: number): Record<string, number> {
  if ((known[name] ?? 0) > fence) throw leaseLost(name);
  return { ...known, [name]: fence };
}
