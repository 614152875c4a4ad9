import { hostname } from "node:os";
import type { Clock } from "../../core/index.js";
import { checkLease, heldLease, leaseHeld, leaseLost } from "../held-lease.js";
import type { Lease, LeaseOptions } from "../learning-store.js";
import { forgetHolder } from "./holder.js";
import { errno, fileNameOf } from "./io.js";
import type { Owners } from "./ownership.js";
import { type FileVersion, VersionedFile } from "./versioned-file.js";

/** What is written down of a lease. */
interface Stored {
  name: string;
  fence: number;
  ttlMs: number;
  /** Whoever holds it, or null once it was given back. */
  holder: string | null;
  host: string;
  /** When its holder last gave a sign of life, milliseconds since the epoch. */
  renewedAt: number;
}

/** Leases of a file store. */
export interface FileLeases {
  lease(name: string, options: LeaseOptions): Promise<Lease>;
  /** Fails with STORE_LEASE_LOST when somebody else took the lease, or may have. */
  check(lease: Lease): Promise<void>;
  /** Gives back everything that is held here. */
  close(): Promise<void>;
}

/**
 * Leases as small files under `folder`, one per name. A lease is free when it was given back, when its holder is
 * known to have ended, or when its holder has been silent for the time to live.
 */
export function fileLeases(folder: string, clock: Clock, owners: Owners): FileLeases {
  const held = new Map<Lease, string>();
  const fileOf = (name: string) => new VersionedFile(folder, fileNameOf(name));
  const load = async (file: VersionedFile): Promise<{ last: number; base?: FileVersion; stored?: Stored }> => {
    for (;;) {
      const [last] = await file.versions();
      if (last === undefined) return { last: 0 };
      try {
        const base = await file.read(last);
        if (base !== undefined) return { last, base, stored: storedIn(base, clock) };
      } catch (error) {
        if (errno(error) !== undefined) throw error;
        return { last, stored: unknownLease(clock) };
      }
    }
  };
  const isHeld = async (stored: Stored | undefined): Promise<boolean> =>
    !!stored?.holder &&
    // A clock that was set back must not keep a lease for ever.
    Math.abs(clock.now() - stored.renewedAt) < stored.ttlMs &&
    !(await owners.hasEnded(stored.holder));

  return {
    async lease(name, options) {
      checkLease(name, options);
      const file = fileOf(name);
      const { ttlMs } = options;
      const { last, base, stored } = await load(file);
      if (await isHeld(stored)) throw leaseHeld(name, `process ${stored?.holder?.split("-")[0]} on ${stored?.host}`);
      const holder = owners.newHolder();
      const mine: Stored = {
        name,
        fence: (stored?.fence ?? 0) + 1,
        ttlMs,
        holder,
        host: hostname(),
        renewedAt: clock.now(),
      };
      if (!(await file.write(last, JSON.stringify(mine), base))) {
        forgetHolder(holder);
        throw leaseHeld(name, "another process, which took it at the same moment,");
      }
      /** Writes what the holder has to say; false once the lease is another's. */
      const say = async (change: Partial<Stored>): Promise<boolean> => {
        for (;;) {
          const now = await load(file);
          if (now.stored?.fence !== mine.fence || now.stored.holder !== holder) return false;
          if (await file.write(now.last, JSON.stringify({ ...mine, ...change }), now.base)) return true;
        }
      };
      const lease = heldLease({ name, fence: mine.fence, ttlMs }, clock, {
        renew: () => say({ renewedAt: clock.now() }),
        async giveBack() {
          held.delete(lease);
          forgetHolder(holder);
          await say({ holder: null });
        },
      });
      held.set(lease, holder);
      return lease;
    },
    async check(lease) {
      const { stored } = await load(fileOf(lease.name));
      if (lease.signal.aborted || stored?.fence !== lease.fence || stored.holder !== held.get(lease))
        throw leaseLost(lease.name);
    },
    async close() {
      for (const lease of [...held.keys()]) await lease.release();
    },
  };
}

function storedIn({ contents }: FileVersion, clock: Clock): Stored {
  const stored = contents as Stored;
  const isWhole =
    Number.isSafeInteger(stored?.fence) &&
    stored.fence >= 0 &&
    // The next one must be a number of its own.
    stored.fence < Number.MAX_SAFE_INTEGER &&
    [stored.renewedAt, stored.ttlMs].every(Number.isFinite) &&
    (stored.holder === null || typeof stored.holder === "string");
  return isWhole ? stored : unknownLease(clock);
}

/** A damaged file is no lease that is held; its number must still grow beyond all that were given before. */
function unknownLease(clock: Clock): Stored {
  return { name: "", fence: Math.floor(clock.now()), ttlMs: 0, holder: null, host: "", renewedAt: 0 };
}
