import { isLearningError, LearningError, show } from "../../core/index.js";
import { codeOf } from "./errors.js";
import { MIGRATIONS } from "./schema.js";
import type { Sql } from "./sql.js";

/** No table of that name, or no schema. */
const MISSING = new Set(["42P01", "3F000"]);

async function versionOf(sql: Sql): Promise<number> {
  try {
    const { rows } = await sql.query<{ version: number }>(
      "reading the version of the schema",
      `SELECT coalesce(max(version), 0)::int AS version FROM ${sql.schema}.migrations`,
    );
    return rows[0]?.version ?? 0;
  } catch (error) {
    if (isLearningError(error) && MISSING.has(codeOf(error.cause) ?? "")) return 0;
    throw error;
  }
}

/**
 * Brings the schema to the version of this release, once, however many processes start together. Where it is there
 * already nothing is locked and no right beyond reading is needed.
 * @throws STORE_IO for a schema of a later release; STORE_REFUSED without the right to create
 */
export async function migrateSchema(sql: Sql, partitionDays: number): Promise<void> {
  const present = await versionOf(sql);
  if (present > MIGRATIONS.length)
    throw new LearningError("STORE_IO", {
      received: `version ${present} of the schema ${sql.schema}`,
      expected: `at most version ${MIGRATIONS.length}, which this release knows`,
      remedy: "Update this package; a later release has changed the tables.",
    });
  if (present === MIGRATIONS.length) return;
  await sql.transaction(`creating the tables in ${show(sql.schema)}`, async (run) => {
    await run("SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", [sql.schema]);
    const [known] = await run<{ there: boolean }>("SELECT to_regnamespace($1) IS NOT NULL AS there", [sql.schema]);
    // The right to create a schema is not needed where its owner made it beforehand.
    if (!known?.there) await run(`CREATE SCHEMA ${sql.schema}`);
    await run(
      `CREATE TABLE IF NOT EXISTS ${sql.schema}.migrations
       (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())`,
    );
    const [row] = await run<{ version: number }>(
      `SELECT coalesce(max(version), 0)::int AS version FROM ${sql.schema}.migrations`,
    );
    for (let version = (row?.version ?? 0) + 1; version <= MIGRATIONS.length; version++) {
      await run(MIGRATIONS[version - 1]!(sql.schema, partitionDays));
      await run(`INSERT INTO ${sql.schema}.migrations (version) VALUES ($1)`, [version]);
    }
  });
}
