import { LearningError, messageOf } from "../../core/index.js";
import { atMost } from "./at-most.js";
import { isUnreachable, sqlError } from "./errors.js";

/** What the store uses of a client of `pg`. */
export interface PostgresClient {
  query(config: { text: string; values?: unknown[]; query_timeout?: number }): Promise<{
    rows: Record<string, unknown>[];
    rowCount: number | null;
  }>;
  release(error?: Error | boolean): void;
  on(event: "notification" | "error" | "end", listener: (value: unknown) => void): unknown;
  off(event: "notification" | "error" | "end", listener: (value: unknown) => void): unknown;
  /** Lets the process end although the connection stands. */
  unref?(): void;
}

/** What the store uses of a `Pool` of `pg`: any pool of that driver will do. */
export interface PostgresPool {
  /** Calls back, as a pool of `pg` does where it is given a function, or promises. */
  connect(done?: (error?: Error, client?: PostgresClient) => void): Promise<PostgresClient> | undefined;
  readonly options?: { max?: number };
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

/** Statements over a pool. None leaves anything behind in its session, so a transaction-mode pooler may stand between. */
export interface Sql {
  /** The schema, quoted. */
  readonly schema: string;
  /**
   * Runs one statement, which is a transaction by itself.
   * @throws STORE_UNREACHABLE, STORE_REFUSED, STORE_IO
   */
  query<R>(action: string, text: string, values?: unknown[]): Promise<{ rows: R[]; count: number }>;
  /** Runs several statements as one transaction, which is taken back when `work` fails; each may take `patienceMs`. */
  transaction<T>(action: string, work: (run: SqlRun) => Promise<T>, patienceMs?: number): Promise<T>;
}

/** Runs one statement of a transaction; its errors are the driver's own. */
type SqlRun = <R>(text: string, values?: unknown[]) => Promise<R[]>;

/** An identifier as SQL takes it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Connections of a pool that does not say how many it has: what `pg` makes by default. */
const DEFAULT_MAX = 10;

/** How many connections a pool has at most. */
export function connectionsOf(pool: PostgresPool): number {
  return pool.options?.max ?? DEFAULT_MAX;
}

/** A connection lost between two statements fails the next one; told by an event alone it would end the process. */
const ignore = (): void => {};

/**
 * A connection of a pool. The pool calls back as it hands it out: a promise would be answered a moment later, and a
 * connection that is ended in between has nobody who listens to its errors.
 */
export function connectionFrom(pool: PostgresPool): Promise<PostgresClient> {
  return new Promise((resolve, reject) => {
    const taken = (client: PostgresClient) => {
      client.on("error", ignore);
      resolve(client);
    };
    const promised = pool.connect((error, client) => (client ? taken(client) : reject(error)));
    promised?.then(taken, reject);
  });
}

/** Statements in a schema over a pool; none is waited for longer than `timeoutMs`. */
export function sqlOver(pool: PostgresPool, schema: string, timeoutMs: number): Sql {
  // One connection is left to whoever listens.
  const inTurn = atMost(Math.max(1, connectionsOf(pool) - 1));
  const withClient = <T>(action: string, isTransaction: boolean, work: (client: PostgresClient) => Promise<T>) =>
    inTurn(() => connected(action, isTransaction, work));
  const connected = async <T>(
    action: string,
    isTransaction: boolean,
    work: (client: PostgresClient) => Promise<T>,
  ): Promise<T> => {
    let client: PostgresClient | undefined;
    try {
      client = await connectionFrom(pool);
      const result = await work(client);
      client.off("error", ignore);
      client.release();
      return result;
    } catch (cause) {
      // A session in the middle of something is ended; one whose only statement was refused is as good as before.
      const isBroken = isTransaction || isUnreachable(cause);
      if (!isBroken) client?.off("error", ignore);
      client?.release(isBroken);
      throw sqlError(action, cause);
    }
  };
  return {
    schema: quoted(schema),
    query: <R>(action: string, text: string, values: unknown[] = []) =>
      withClient(action, false, async (client) => {
        const { rows, rowCount } = await client.query({ text, values, query_timeout: timeoutMs });
        return { rows: rows as R[], count: rowCount ?? 0 };
      }),
    transaction: (action, work, patienceMs = timeoutMs) =>
      withClient(action, true, async (client) => {
        const run = async <R>(text: string, values: unknown[] = []) =>
          (await client.query({ text, values, query_timeout: patienceMs })).rows as R[];
        await run("BEGIN");
        const result = await work(run);
        await run("COMMIT");
        return result;
      }),
  };
}

/** Settings of a pool that the store opens itself. */
export interface OwnPool {
  connectionString: string;
  max: number;
  connectTimeoutMs: number;
}

/**
 * A pool of `pg` that never keeps the process alive.
 * @throws STORE_IO where `pg` is not installed
 */
export async function openPool(options: OwnPool): Promise<PostgresPool> {
  const { default: pg } = await driver();
  return new pg.Pool({
    connectionString: options.connectionString,
    max: options.max,
    connectionTimeoutMillis: options.connectTimeoutMs,
    allowExitOnIdle: true,
    keepAlive: true,
    application_name: "collective-learning",
  }) as unknown as PostgresPool;
}

/** Within a `try`: so bundlers see that it need not be there. */
async function driver(): Promise<typeof import("pg")> {
  try {
    return await import("pg");
  } catch (cause) {
    throw new LearningError("STORE_IO", {
      received: `no package pg (${messageOf(cause)})`,
      expected: "the PostgreSQL driver beside this package",
      remedy: "Run: npm install pg",
      cause,
    });
  }
}
