import { join } from "node:path";
import { z } from "zod";
import { type Clock, LearningError, parseOptions, systemClock } from "../../core/index.js";
import { hostLogger, whole } from "../../core/option-fields.js";
import type { PostgresPool } from "./sql.js";

const NAME = "a-z, 0-9 and _, at most 41 characters";
const size = z.custom<number>((v) => typeof v === "number" && v > 0, "bytes above 0");

const spillSchema = z.strictObject({
  folder: z.string("the path of a folder").default(join("learning", "spill")),
  /** Beyond this size nothing more is taken. */
  maxBytes: size.default(256 * 2 ** 20),
});

/** How PostgreSQL holds what is learned. */
export const postgresStoreOptionsSchema = z.strictObject({
  /** A pool of `pg`, which stays yours: it is not closed with the store. */
  pool: z.custom<PostgresPool>().optional(),
  /** `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full`. The store opens and closes a pool of its own. */
  connectionString: z.string("the address of a database").optional(),
  /** Connections of a pool of its own (default 4, of which one listens for changes of the registry). */
  maxConnections: whole.default(4),
  /** The schema that holds the tables (default `collective_learning`); it is made when missing. */
  schema: z
    .string(NAME)
    .regex(/^[a-z_][a-z0-9_]{0,40}$/, NAME)
    .default("collective_learning"),
  /**
   * Where records wait on the local disk while the server cannot be reached (default 256 MiB in `./learning/spill`);
   * `false` refuses them instead. What waits is lost with the disk.
   */
  spill: z.union([spillSchema, z.literal(false)], "a folder and a size, or false").prefault({}),
  /** Days of one partition, the least that retention removes (default 7). Fixed when the tables are made. */
  partitionDays: whole.default(7),
  /** How long one statement may take, in milliseconds (default 15,000). */
  statementTimeoutMs: z.number("milliseconds above 0").gt(0, "milliseconds above 0").default(15_000),
  logger: hostLogger,
  clock: z.custom<Clock>().default(() => systemClock),
});
/** Options of {@link openPostgresStore}. Give a `pool` or a `connectionString`. */
export type PostgresStoreOptions = z.input<typeof postgresStoreOptionsSchema>;

/**
 * The options, checked and completed.
 * @throws CONFIG_INVALID on options that cannot be, CONFIG_UNKNOWN_KEY on ones that do not exist
 */
export function postgresStoreSettings(options: PostgresStoreOptions): z.output<typeof postgresStoreOptionsSchema> {
  const settings = parseOptions(postgresStoreOptionsSchema, options, "options of openPostgresStore");
  const { pool, connectionString } = settings;
  if ((pool === undefined) !== (connectionString === undefined)) return settings;
  throw new LearningError("CONFIG_INVALID", {
    received: pool ? "a pool and a connection string" : "neither a pool nor a connection string",
    expected: "one of them",
    remedy: "Give `pool` to share the host's connections, else `connectionString`.",
  });
}
