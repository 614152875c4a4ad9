import { readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname, uptime } from "node:os";
import { join } from "node:path";
import { type Clock, LearningError, newId } from "../../core/index.js";
import { isRecord } from "../../core/is-object.js";
import { HERE, isAlive, isFromHere, newHolder, ownerOf } from "./holder.js";
import { discard, errno, isNoFile, readText } from "./io.js";
import { knock, type LifeSocket, openLifeSocket } from "./life-socket.js";

/** Who holds what in a store's folders, and which of them are no more. */
export interface Owners {
  /** A name for someone in this process who holds something. */
  newHolder(): string;
  /** True only when the process that made this name has ended for certain; a stopped one has not. */
  hasEnded(holder: string): Promise<boolean>;
}

/** Owners told apart by process ids alone: enough where one place uses the folders. */
export const localOwners: Owners = {
  newHolder: () => newHolder(),
  hasEnded: async (holder) => !isAlive(holder),
};

/** How often an owner gives a sign of life, and after how long a silence it counts as ended where nothing else tells. */
const BEAT_MS = 5_000;
const SILENT_MS = 60_000;
/** An owner of another host whose last sign is younger than this keeps a store from being opened. */
const FRESH_MS = 30_000;

/** How long it is known of an owner that it has ended. */
const MARK_MS = 30 * 86_400_000;

/** What stands in an owner's record. Its last sign of life is the time of the file. */
interface OwnerRecord {
  host: string;
  boot: string;
  space: string;
  pid: number;
  /** Whether a socket stands beside it, which the kernel answers for as long as the process exists. */
  socket: boolean;
}

/**
 * The owner that this process is in a store's folders: a record, `ID.owner`, with a heartbeat, and on Linux a socket,
 * `ID.sock`, beside it. Processes of the same kernel ask the socket, over all containers, so that a process that was
 * stopped is told from one that has ended. Of another kernel only the heartbeat tells, and such a store is not shared:
 * opening it is refused while an owner there lives.
 */
export class Ownership implements Owners {
  private readonly alive = new Map<string, number>();
  private cancel = () => {};
  private closed = false;

  private constructor(
    private readonly folder: string,
    private readonly clock: Clock,
    private readonly id: string,
    private readonly socket: LifeSocket | undefined,
    /** What the folder's own clock is ahead of this host's, milliseconds. */
    private readonly ahead: number,
  ) {}

  /**
   * Registers this process in a folder.
   * @throws STORE_FOREIGN while a process of another host uses it
   */
  static async open(folder: string, clock: Clock): Promise<Ownership> {
    const id = newId().replaceAll("-", "").slice(0, 16);
    const socket = await openLifeSocket(folder, `${id}.sock`);
    const path = join(folder, `${id}.owner`);
    const record: OwnerRecord = { host: hostname(), ...HERE, pid: process.pid, socket: socket !== undefined };
    await writeFile(path, JSON.stringify(record), { flag: "wx", mode: 0o600 });
    const ahead = (await stat(path)).mtimeMs - Date.now();
    const ownership = new Ownership(folder, clock, id, socket, ahead);
    try {
      await ownership.refuseForeign();
    } catch (error) {
      await ownership.close();
      throw error;
    }
    ownership.beat();
    return ownership;
  }

  /** Looks at a folder without being registered in it, which needs no right to write. */
  static observe(folder: string, clock: Clock): Ownership {
    return new Ownership(folder, clock, "", undefined, 0);
  }

  newHolder(): string {
    return newHolder(this.id);
  }

  async hasEnded(holder: string): Promise<boolean> {
    if (isFromHere(holder)) return !isAlive(holder);
    const owner = ownerOf(holder);
    return owner !== undefined && this.ownerHasEnded(owner);
  }

  private async ownerHasEnded(owner: string): Promise<boolean> {
    const now = this.clock.monotonic();
    if (now < (this.alive.get(owner) ?? Number.NEGATIVE_INFINITY)) return false;
    const ended = await this.look(owner);
    if (ended) this.alive.delete(owner);
    else this.alive.set(owner, now + 1_000);
    return ended;
  }

  private async look(owner: string): Promise<boolean> {
    const seen = await this.recordOf(owner);
    // Without a record or a mark nothing is known: it may stand in a folder that is not shared.
    if (seen === undefined) return (await timeOf(join(this.folder, `${owner}.ended`))) !== undefined;
    const { record, silentMs } = seen;
    if (record.boot === HERE.boot && record.socket) return (await knock(this.folder, `${owner}.sock`)) === "nobody";
    if (silentMs >= SILENT_MS) return true;
    // The same host before it was started anew.
    return record.boot !== HERE.boot && record.host === hostname() && silentMs > uptime() * 1000;
  }

  private async recordOf(owner: string): Promise<{ record: OwnerRecord; silentMs: number } | undefined> {
    const path = join(this.folder, `${owner}.owner`);
    try {
      const { mtimeMs } = await stat(path);
      const record: unknown = JSON.parse((await readText(path)) ?? "");
      // Damaged, of another shape, half written, or no file: the same as none.
      return isOwnerRecord(record) ? { record, silentMs: Date.now() + this.ahead - mtimeMs } : undefined;
    } catch (error) {
      if (errno(error) === "ENOENT" || isNoFile(error) || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  private async others(): Promise<string[]> {
    const files = await readdir(this.folder);
    return files
      .filter((f) => f.endsWith(".owner"))
      .map((f) => f.slice(0, -".owner".length))
      .filter((o) => o !== this.id);
  }

  private async refuseForeign(): Promise<void> {
    for (const owner of await this.others()) {
      const seen = await this.recordOf(owner);
      if (!seen || seen.record.boot === HERE.boot || seen.silentMs >= FRESH_MS || (await this.look(owner))) continue;
      throw new LearningError("STORE_FOREIGN", {
        received: `${this.folder}, which process ${seen.record.pid} on ${seen.record.host} used ${Math.max(0, Math.round(seen.silentMs / 1000))} s ago`,
        expected: "a folder that is used by processes of one host at a time",
        remedy: `Use a PostgreSQL store for several hosts. If that process is gone, try again in ${FRESH_MS / 1000} s.`,
      });
    }
  }

  /**
   * Marks the owners that have ended, by `ID.ended` in place of their record: what they held may be found later. The
   * marks go after a month.
   */
  async sweep(): Promise<void> {
    for (const owner of await this.others()) {
      if (!(await this.ownerHasEnded(owner))) continue;
      await discard(join(this.folder, `${owner}.sock`));
      await rename(join(this.folder, `${owner}.owner`), join(this.folder, `${owner}.ended`)).catch((error) => {
        // Another process was first.
        if (errno(error) !== "ENOENT") throw error;
      });
    }
    for (const file of await readdir(this.folder)) {
      const path = join(this.folder, file);
      if (file.endsWith(".ended") && Date.now() - ((await timeOf(path)) ?? Date.now()) > MARK_MS) await discard(path);
    }
  }

  private beat(): void {
    this.cancel = this.clock.schedule(async () => {
      const now = new Date(Date.now() + this.ahead);
      // Where the record is gone nobody can be told; the next opening makes another.
      await utimes(join(this.folder, `${this.id}.owner`), now, now).catch(() => {});
      if (!this.closed) this.beat();
    }, BEAT_MS);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.cancel();
    await this.socket?.close();
    if (this.id) await rm(join(this.folder, `${this.id}.owner`), { force: true });
  }
}

function isOwnerRecord(value: unknown): value is OwnerRecord {
  if (!isRecord(value)) return false;
  const { host, boot, space, pid, socket } = value;
  const isNamed = [host, boot, space].every((text) => typeof text === "string");
  return isNamed && typeof pid === "number" && typeof socket === "boolean";
}

/** When a file was written, milliseconds; undefined where there is none. */
async function timeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (errno(error) === "ENOENT") return undefined;
    throw error;
  }
}
