import { type Clock, digest, isLearningError, LearningError, type Logger, messageOf, show } from "../../core/index.js";
import { checkRetention, checkSelector } from "../facts.js";
import { forgetHolder, isAlive, newHolder } from "../file/holder.js";
import type { DocumentStore, FactKind, LearningStore, StoreSizes } from "../learning-store.js";
import { closedError } from "../memory-store.js";
import { sqlBlobs } from "./blobs.js";
import { sqlDocuments } from "./documents.js";
import { eraseFacts } from "./eraser.js";
import { Lanes } from "./lane.js";
import { sqlLeases } from "./leases.js";
import { RegistryListener } from "./listener.js";
import { migrateSchema } from "./migrate.js";
import { type PostgresStoreOptions, postgresStoreSettings } from "./options.js";
import { healthOf } from "./outage.js";
import { SqlFactReader } from "./reader.js";
import { Rescue } from "./rescue.js";
import { retainPartitions, sizesOf } from "./retention.js";
import { isRow, rowOf } from "./row.js";
import { SetAside } from "./set-aside.js";
import { RESCUED, Spill, type SpillOptions } from "./spill.js";
import { openPool, type PostgresPool, type Sql, sqlOver } from "./sql.js";
import { SqlFactWriter, writeLeft } from "./writer.js";

/**
 * Opens the store that keeps everything in PostgreSQL (14 or later), for any number of processes on any number of hosts.
 * Makes its tables when they are missing. See docs/stores.md for the rights it needs.
 *
 * @throws STORE_UNREACHABLE where no server answers; STORE_REFUSED where it lets this user not in, or not create the
 * tables; CONFIG_INVALID for options that cannot be
 * @example
 * const store = await openPostgresStore({ connectionString: process.env.DATABASE_URL });
 * const loop = await CollectiveLearningLoop.open({ store, role: "serve" });
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<LearningStore> {
  const settings = postgresStoreSettings(options);
  const { clock, logger, schema, spill, statementTimeoutMs: timeoutMs } = settings;
  const ownPool = settings.pool
    ? undefined
    : await openPool({
        connectionString: settings.connectionString!,
        max: settings.maxConnections,
        connectTimeoutMs: timeoutMs,
      });
  const pool = (settings.pool ?? ownPool)!;
  // An idle connection that is lost must not end the process.
  const onError = (error: Error) => logger.debug("an idle connection was lost", { error: messageOf(error) });
  pool.on("error", onError);
  const letGo = async () => {
    // A pool's connections may still break while it ends.
    if (ownPool) await ownPool.end();
    else pool.off("error", onError);
  };
  const sql = sqlOver(pool, schema, timeoutMs);
  try {
    await migrateSchema(sql, settings.partitionDays);
    const partitionDays = await settingOf(sql, "partitionDays");
    return over({ sql, pool, schema, partitionDays, clock, logger, spill, letGo });
  } catch (error) {
    await letGo().catch(() => undefined);
    throw error;
  }
}

interface Parts {
  sql: Sql;
  pool: PostgresPool;
  schema: string;
  partitionDays: number;
  clock: Clock;
  logger: Logger;
  spill: SpillOptions | false;
  letGo(): Promise<void>;
}

function over({ sql, pool, schema, partitionDays, clock, logger, spill, letGo }: Parts): LearningStore {
  const channel = `collective_learning_${digest(schema, 16)}`;
  const lanes = new Lanes(sql);
  const holder = newHolder();
  const spills = spill === false ? undefined : spill;
  const rescuer = newHolder(RESCUED);
  const writer = new SqlFactWriter({
    lanes,
    clock,
    logger,
    partitionDays,
    ...(spills && {
      spill: Spill.of(holder, spills),
      rescue: new Rescue(Spill.of(rescuer, spills), clock, partitionDays),
    }),
  });
  const changes = new RegistryListener({ pool, sql, channel, clock, logger });
  const leases = sqlLeases(sql, clock);
  const documents = sqlDocuments(sql, channel, leases);
  const blobs = sqlBlobs(sql);
  void upkeep({ lanes, logger, spills });

  let closing: Promise<void> | undefined;
  const mustBeOpen = () => {
    if (closing) throw closedError();
  };
  const guarded =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      mustBeOpen();
      return call(...args);
    };

  const rowsOf = (kind: FactKind, facts: readonly object[]) =>
    facts.map((fact) => (isRow(fact) ? fact : rowOf(kind, fact as never)));
  const setAside = new SetAside(schema, logger);
  const sizes = lastKnown(() => sizesOf(sql));
  const reader = <K extends FactKind>(kind: K) =>
    new SqlFactReader({ sql, kind, clock, partitionDays, setAside, mustBeOpen });

  return {
    append: guarded(<K extends FactKind>(kind: K, facts: readonly object[]) =>
      writer.append(kind, rowsOf(kind, facts), facts),
    ),
    ...(spills && {
      appendSync: (kind: FactKind, facts: readonly object[]) => {
        mustBeOpen();
        writer.appendSync(kind, rowsOf(kind, facts), facts);
      },
      rescue: () => writer.rescue(),
    }),
    encode: rowOf,
    findsByIndex: ["text", "took", "failedIn", "valueFrom", "valueTo"],
    read: (kind, query = {}) => reader(kind).read(query),
    ofRuns: (kind, runs, times = {}) => reader(kind).ofRuns(runs, times),
    readTexts: (kind, query = {}) => reader(kind).readTexts(query),
    listen(listener) {
      mustBeOpen();
      return changes.add(listener);
    },
    documents: {
      get: guarded(documents.get),
      put: guarded(documents.put),
      update: guarded(documents.update),
      delete: guarded(documents.delete),
      keys: guarded(documents.keys),
    } as DocumentStore,
    blobs: { write: guarded(blobs.write), read: guarded(blobs.read), delete: guarded(blobs.delete) },
    lease: guarded(leases.lease),
    health: guarded(() => healthOf(setAside, writer.outage, spills)),
    sizes: guarded(sizes),
    retain: guarded(async (policy) => {
      checkRetention(policy);
      const removed = await retainPartitions(sql, policy, clock, partitionDays);
      await lanes.tidy();
      return removed;
    }),
    erase: guarded(async (selector) => {
      checkSelector(selector);
      await writer.settled();
      return eraseFacts(sql, selector);
    }),
    close() {
      closing ??= (async () => {
        changes.stop();
        try {
          await leases.close();
          await writer.close();
        } finally {
          forgetHolder(holder);
          forgetHolder(rescuer);
          await letGo();
        }
      })();
      return closing;
    },
  };
}

/** What was answered last, while the server cannot be reached: the status must be readable then above all. */
function lastKnown(measure: () => Promise<StoreSizes>): () => Promise<StoreSizes> {
  let last: StoreSizes = { traces: 0, feedback: 0, models: 0 };
  return async () => {
    try {
      last = await measure();
    } catch (error) {
      if (!isLearningError(error, "STORE_UNREACHABLE")) throw error;
    }
    return last;
  };
}

/** A million years: beyond, the number of a partition is none. */
const MOST_DAYS = 365_000_000;

async function settingOf(sql: Sql, name: string): Promise<number> {
  const { rows } = await sql.query<{ value: number }>(
    "reading the settings",
    `SELECT value::float8 AS value FROM ${sql.schema}.settings WHERE name = $1`,
    [name],
  );
  const value = rows[0]?.value;
  if (value !== undefined && value >= 1 && value <= MOST_DAYS) return value;
  throw new LearningError("STORE_CORRUPT", {
    received: `${value === undefined ? "no setting" : `${value} as the setting`} ${show(name)} in ${sql.schema}`,
    expected: "the settings that were made with the tables",
    remedy: "Restore the table `settings` from a backup.",
  });
}

/** Writes what processes of this host left on the disk when they died. */
async function upkeep(parts: { lanes: Lanes; logger: Logger; spills: SpillOptions | undefined }): Promise<void> {
  const { lanes, logger, spills } = parts;
  try {
    for (const holder of spills ? await Spill.left(spills) : [])
      if (spills && !isAlive(holder)) await writeLeft(Spill.of(holder, spills), lanes, logger);
  } catch (error) {
    logger.warn("what another process left during an outage is not written yet", { error: messageOf(error) });
  }
}
