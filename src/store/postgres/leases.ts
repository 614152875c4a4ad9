import { type Clock, newId } from "../../core/index.js";
import { checkLease, heldLease, leaseHeld, leaseLost } from "../held-lease.js";
import type { Lease, LeaseOptions } from "../learning-store.js";
import type { Sql } from "./sql.js";

/** Leases of a PostgreSQL store. */
export interface SqlLeases {
  lease(name: string, options: LeaseOptions): Promise<Lease>;
  /** Fails with STORE_LEASE_LOST unless the lease is still its holder's. */
  check(lease: Lease): Promise<void>;
  close(): Promise<void>;
}

/** The server's time in milliseconds: hosts need not agree about theirs. */
const NOW = "(extract(epoch from clock_timestamp()) * 1000)::bigint";

/** Leases in a table. */
export function sqlLeases(sql: Sql, clock: Clock): SqlLeases {
  const table = `${sql.schema}.leases`;
  const held = new Map<Lease, string>();
  return {
    async lease(name, options) {
      checkLease(name, options);
      const holder = newId();
      const ttl = Math.ceil(options.ttlMs);
      const { rows } = await sql.query<{ fence: number }>(
        "taking a lease",
        `INSERT INTO ${table} AS l (name, holder, fence, expires_at) VALUES ($1, $2, 1, ${NOW} + $3::bigint)
         ON CONFLICT (name) DO UPDATE SET holder = $2, fence = l.fence + 1, expires_at = ${NOW} + $3::bigint
         WHERE l.holder IS NULL OR l.expires_at <= ${NOW} RETURNING fence::float8 AS fence`,
        [name, holder, ttl],
      );
      const fence = rows[0]?.fence;
      if (fence === undefined) throw leaseHeld(name, "another process");
      const lease = heldLease({ name, fence, ttlMs: options.ttlMs }, clock, {
        async renew() {
          const { count } = await sql.query(
            "renewing a lease",
            `UPDATE ${table} SET expires_at = ${NOW} + $3::bigint WHERE name = $1 AND holder = $2`,
            [name, holder, ttl],
          );
          return count > 0;
        },
        async giveBack() {
          held.delete(lease);
          await sql.query("giving a lease back", `UPDATE ${table} SET holder = NULL WHERE name = $1 AND holder = $2`, [
            name,
            holder,
          ]);
        },
      });
      held.set(lease, holder);
      return lease;
    },
    async check(lease) {
      const { rows } = await sql.query<{ holder: string | null }>(
        "looking at a lease",
        `SELECT holder FROM ${table} WHERE name = $1`,
        [lease.name],
      );
      if (lease.signal.aborted || !rows[0]?.holder || rows[0].holder !== held.get(lease)) throw leaseLost(lease.name);
    },
    async close() {
      for (const lease of [...held.keys()]) await lease.release();
    },
  };
}
