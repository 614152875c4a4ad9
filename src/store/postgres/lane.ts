import { hostname } from "node:os";
import { isLearningError, LearningError } from "../../core/index.js";
import { ArrayWriter } from "./arrays.js";
import { codeOf } from "./errors.js";
import { type Columns, joinedColumns } from "./row.js";
import { KEY_COLUMNS, SOUGHT_COLUMNS, TABLE_OF } from "./schema.js";
import type { Batch } from "./spill.js";
import type { Sql } from "./sql.js";

/** A row fits no partition. */
const NO_PARTITION = "23514";

/**
 * One statement, so one transaction: takes the next numbers of the lane and writes the facts of all kinds under them. The
 * lane's row stays locked to the end, so its numbers are committed in their order whoever writes, and batches whose first
 * number is not above the last one's have arrived before, at least in part, and do nothing. The arrays stand in the list
 * of columns: as tables they would be written down once more before they are read.
 */
function statement(
  schema: string,
  arrays: ArrayWriter,
  facts: readonly Columns[],
  lane: string,
  first: number,
  last: number,
) {
  const values: unknown[] = [lane, first, last];
  const place = (value: unknown) => `$${values.push(value)}`;
  const counts = facts.map(({ kind, ats }) => ({
    seq: `${kind}_seq`,
    before: `${kind}_before`,
    count: place(ats.length),
  }));
  const inserts = facts.map(({ kind, bodies, periods, ats, keys }, i) => {
    const typed = [...KEY_COLUMNS[kind].map(([, column]) => [column, "text"] as const), ...SOUGHT_COLUMNS[kind]];
    const { before, count } = counts[i]!;
    return `${kind}_rows AS (
      INSERT INTO ${schema}.${TABLE_OF[kind]} (lane, seq, period, at, ${typed.map(([c]) => c).join(", ")}, body)
      SELECT lane.id, lane.${before} + generate_series(1, ${count}::int), unnest(${place(arrays.bigints(periods))}::bigint[])::int,
        unnest(${place(arrays.bigints(ats))}::bigint[]),
        ${typed.map(([c, type]) => `unnest(${place(arrays.texts(keys[c] ?? []))}::text[])::${type}`).join(", ")},
        unnest(${place(arrays.texts(bodies))}::text[])
      FROM lane)`;
  });
  const text = `
    WITH lane AS (
      UPDATE ${schema}.lanes SET ${counts.map(({ seq, count }) => `${seq} = ${seq} + ${count}::int`).join(", ")},
        batch = $3, seen_at = now()
      WHERE key = $1 AND NOT ended AND batch < $2
      RETURNING id, ${counts.map(({ seq, before, count }) => `${seq} - ${count}::int AS ${before}`).join(", ")}
    ), ${inserts.join(", ")}
    SELECT count(*)::int AS taken FROM lane`;
  return { text, values };
}

/** Brings batches to their lanes, each once however often it is tried. */
export class Lanes {
  private spare: ArrayWriter | undefined;

  constructor(private readonly sql: Sql) {}

  /**
   * Writes batches of one lane, in the order of their numbers, unless they have arrived before.
   * @returns the lane that took them: a lane that was ended meanwhile has a successor
   */
  async deliver(...batches: readonly Batch[]): Promise<string> {
    let left = batches;
    const made = new Set<string>();
    for (let key = batches[0]?.lane ?? ""; ; ) {
      if (left.length === 0 || (await this.insert(key, left))) return key;
      const { rows } = await this.sql.query<{ batch: number; ended: boolean }>(
        "looking for the last batch",
        `SELECT batch::float8 AS batch, ended FROM ${this.sql.schema}.lanes WHERE key = $1`,
        [key],
      );
      const [row] = rows;
      if (row) left = left.filter(({ number }) => number > row.batch);
      if (!row) {
        await this.create(key, made.has(key));
        made.add(key);
      } else if (left.length > 0 && row.ended) key = `${key}+`;
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

  private async insert(lane: string, batches: readonly Batch[]): Promise<boolean> {
    const facts = joinedColumns(batches.map(({ columns }) => columns));
    const numbers = batches.map(({ number }) => number);
    // What waited out an outage may be under way beside what comes: each has memory of its own.
    const arrays = this.spare ?? new ArrayWriter();
    this.spare = undefined;
    const [first, last] = [Math.min(...numbers), Math.max(...numbers)];
    const { text, values } = statement(this.sql.schema, arrays, facts, lane, first, last);
    const what = facts.map(({ kind, ats }) => `${ats.length} facts (${kind})`).join(", ");
    const write = async () => {
      const { rows } = await this.sql.query<{ taken: number }>(`writing ${what}`, text, values);
      // After a failure nobody knows whether the driver is done with them: it may have sent nothing yet.
      arrays.clear();
      this.spare = arrays;
      return (rows[0]?.taken ?? 0) > 0;
    };
    try {
      return await write();
    } catch (error) {
      if (!isLearningError(error) || codeOf(error.cause) !== NO_PARTITION) throw error;
    }
    for (const { kind, periods } of facts)
      for (const period of new Set(periods))
        await this.sql.query(
          `making the partition of period ${period}`,
          `SELECT ${this.sql.schema}.ensure_partition($1, $2)`,
          [TABLE_OF[kind], period],
        );
    return write();
  }

  /** Numbers of lanes are committed in their order too: a reader that has seen one has seen all before it. */
  private async create(key: string, isMade: boolean): Promise<void> {
    if (isMade)
      throw new LearningError("STORE_CORRUPT", {
        received: `no number for a new lane in ${this.sql.schema}.settings`,
        expected: "the settings that were made with the tables, with a row `lane`",
        remedy: "Restore the row; its value is the highest id of the table `lanes`.",
      });
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
