import type pg from "pg";
import type { PostgresClient, PostgresPool } from "../../../src/store/postgres/index.js";

/**
 * A stand-in for a pooler in transaction mode, as a client sees it: each transaction, and each statement outside of
 * one, has another session of the server, which is wiped afterwards. What is left in a session is gone.
 */
export function transactionPooler(real: pg.Pool): PostgresPool {
  const listeners = { on: () => undefined, off: () => undefined };
  return {
    ...listeners,
    end: () => real.end(),
    async connect(): Promise<PostgresClient> {
      let held: pg.PoolClient | undefined;
      return {
        ...listeners,
        release() {
          held?.release(true);
          held = undefined;
        },
        async query(config) {
          const session = held ?? (await real.connect());
          if (/^BEGIN/.test(config.text)) held = session;
          try {
            return await session.query(config);
          } finally {
            if (/^(COMMIT|ROLLBACK)/.test(config.text)) held = undefined;
            if (held !== session) {
              await session.query("DISCARD ALL").catch(() => undefined);
              session.release();
            }
          }
        },
      };
    },
  };
}
