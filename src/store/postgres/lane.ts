import { hostname } from "node:os";
import { isLearningError } from "../../core/index.js";
import { bigintArray, linesArray, textArray } from "./arrays.js";
import { codeOf } from "./errors.js";
import type { Columns } from "./row.js";
import { KEY_COLUMNS, SOUGHT_COLUMNS, TABLE_OF } from "./schema.js";
import type { Batch } from "./spill.js";
import type { Sql } from "./sql.js";

/** A row fits no partition. */
const NO_PARTITION = "23514";

/**
 * One statement, so one transaction: takes the next numbers of the lane and writes the facts under them. The lane's row
 * stays locked to the end, so its numbers are committed in their order whoever writes, and a batch whose number is not
 * above the last one's has arrived before and does nothing. The arrays stand in the list of columns: as tables they would
 * be written down once more before they are read.
 */
function statement(schema: string, { kind, bodies, periods, ats, keys }: Columns, lane: string, number: number) {
  const typed = [...KEY_COLUMNS[kind].map(([, column]) => [column, "text"] as const), ...SOUGHT_COLUMNS[kind]];
  const columns = typed.map(([column]) => column);
  const seq = `${kind}_seq`;
  const text = `
    WITH lane AS (
      UPDATE ${schema}.lanes SET ${seq} = ${seq} + $3, batch = $2, seen_at = now()
      WHERE key = $1 AND NOT ended AND batch < $2 RETURNING id, ${seq} - $3 AS before
    )
    INSERT INTO ${schema}.${TABLE_OF[kind]} (lane, seq, period, at, ${columns.join(", ")}, body)
    SELECT lane.id, lane.before + generate_series(1, $3), unnest($4::bigint[])::int, unnest($5::bigint[]),
      ${typed.map(([, type], i) => `unnest($${i + 7}::text[])::${type}`).join(", ")}, unnest($6::text[])
    FROM lane`;
  const values = [
    lane,
    number,
    ats.length,
    bigintArray(periods),
    bigintArray(ats),
    linesArray(bodies, ats.length),
    ...columns.map((column) => textArray(keys[column] ?? [])),
  ];
  return { text, values };
}

/** Brings batches to their lanes, each once however often it is tried. */
export class Lanes {
  constructor(private readonly sql: Sql) {}

  /**
   * Writes a batch unless it has arrived before.
   * @returns the lane that took it: a lane that was ended meanwhile has a successor
   */
  async deliver({ lane, number, columns }: Batch): Promise<string> {
    for (let key = lane; ; ) {
      if (await this.insert(key, number, columns)) return key;
      const { rows } = await this.sql.query<{ batch: number; ended: boolean }>(
        "looking for the last batch",
        `SELECT batch::float8 AS batch, ended FROM ${this.sql.schema}.lanes WHERE key = $1`,
        [key],
      );
      const [row] = rows;
      if (!row) await this.create(key);
      else if (row.batch >= number) return key;
      else if (row.ended) key = `${key}+`;
    }
  }

  /** Says that nothing will come any more. */
  async end(lane: string): Promise<void> {
    await this.sql.query("closing", `UPDATE ${this.sql.schema}.lanes SET ended = true WHERE key = $1`, [lane]);
  }

  /**
   * Ends lanes that nobody has written to for a day; who wakes up later goes on in another. Forgets, a month later,
   * those that hold nothing any more.
   */
  async tidy(): Promise<void> {
    const { schema } = this.sql;
    const isEmpty = Object.values(TABLE_OF).map((t) => `NOT EXISTS (SELECT 1 FROM ${schema}.${t} WHERE lane = l.id)`);
    await this.sql.query(
      "ending the lanes of writers that are gone",
      `UPDATE ${schema}.lanes SET ended = true WHERE NOT ended AND seen_at < now() - interval '1 day'`,
    );
    await this.sql.query(
      "forgetting empty lanes",
      `DELETE FROM ${schema}.lanes l WHERE ended AND seen_at < now() - interval '30 days' AND ${isEmpty.join(" AND ")}`,
    );
  }

  private async insert(lane: string, number: number, columns: Columns): Promise<boolean> {
    const { text, values } = statement(this.sql.schema, columns, lane, number);
    const write = () => this.sql.query(`writing ${columns.ats.length} facts (${columns.kind})`, text, values);
    try {
      return (await write()).count > 0;
    } catch (error) {
      if (!isLearningError(error) || codeOf(error.cause) !== NO_PARTITION) throw error;
    }
    for (const period of new Set(columns.periods))
      await this.sql.query(
        `making the partition of period ${period}`,
        `SELECT ${this.sql.schema}.ensure_partition($1, $2)`,
        [TABLE_OF[columns.kind], period],
      );
    return (await write()).count > 0;
  }

  /** Numbers of lanes are committed in their order too: a reader that has seen one has seen all before it. */
  private async create(key: string): Promise<void> {
    await this.sql.query(
      "beginning to write",
      `WITH next AS (
         UPDATE ${this.sql.schema}.settings SET value = value + 1 WHERE name = 'lane' RETURNING value
       )
       INSERT INTO ${this.sql.schema}.lanes (id, key, host) SELECT value, $1, $2 FROM next ON CONFLICT (key) DO NOTHING`,
      [key, hostname()],
    );
  }
}
