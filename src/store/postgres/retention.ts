import type { Clock } from "../../core/index.js";
import { FACT_KINDS } from "../facts.js";
import type { RetentionPolicy, StoreSizes } from "../learning-store.js";
import { TABLE_OF } from "./schema.js";
import { quoted, type Sql } from "./sql.js";

const DAY_MS = 86_400_000;

interface Partition {
  table: string;
  partition: string;
  period: number;
  bytes: number;
  isPending: boolean;
}

/** Heap and long values, without indexes: what the facts themselves take. */
const BYTES = "(pg_relation_size(c.oid) + coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0))::float8";

/** The partitions there are, oldest first; those that are half detached, by a process that died, as well. */
async function partitionsOf(sql: Sql): Promise<Partition[]> {
  const { rows } = await sql.query<Partition>(
    "listing partitions",
    `SELECT p.relname AS table, c.relname AS partition, substring(c.relname from '_p(\\d+)$')::int AS period,
       ${BYTES} AS bytes, i.inhdetachpending AS "isPending"
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
     WHERE p.oid = ANY($1::text[]::regclass[]) ORDER BY period`,
    [Object.values(TABLE_OF).map((table) => `${sql.schema}.${table}`)],
  );
  return rows;
}

/** Bytes of facts, documents and blobs. */
export async function sizesOf(sql: Sql): Promise<StoreSizes> {
  const sums = { traces: 0, decisions: 0, feedback: 0 } as Record<string, number>;
  for (const { table, bytes } of await partitionsOf(sql)) sums[table] = (sums[table] ?? 0) + bytes;
  const { rows } = await sql.query<{ models: number }>(
    "measuring documents and blobs",
    `SELECT (coalesce((SELECT sum(octet_length(value)) FROM ${sql.schema}.documents), 0)
       + coalesce((SELECT sum(octet_length(content)) FROM ${sql.schema}.blobs), 0))::float8 AS models`,
  );
  return {
    traces: (sums.traces ?? 0) + (sums.decisions ?? 0),
    feedback: sums.feedback ?? 0,
    models: rows[0]?.models ?? 0,
  };
}

/**
 * Drops whole partitions: those beyond the age, then the oldest until the size fits, but never the newest of a kind.
 * Each is detached first without stopping writers (DETACH CONCURRENTLY), for to drop it at once would lock the table.
 * @returns the number of facts that went
 */
export async function retainPartitions(
  sql: Sql,
  policy: RetentionPolicy,
  clock: Clock,
  partitionDays: number,
): Promise<number> {
  const partitions = await partitionsOf(sql);
  const newest = new Set<Partition>();
  for (const kind of FACT_KINDS) {
    const last = partitions.filter((p) => p.table === TABLE_OF[kind]).at(-1);
    if (last) newest.add(last);
  }
  const gone = new Set(partitions.filter((p) => p.isPending));
  if (policy.maxAgeDays !== undefined) {
    const oldestMs = clock.now() - policy.maxAgeDays * DAY_MS;
    for (const p of partitions) if ((p.period + 1) * partitionDays * DAY_MS <= oldestMs) gone.add(p);
  }
  if (policy.maxBytes !== undefined) {
    let bytes = partitions.reduce((sum, p) => sum + (gone.has(p) ? 0 : p.bytes), 0);
    for (const p of partitions) {
      if (bytes <= policy.maxBytes) break;
      if (gone.has(p) || newest.has(p)) continue;
      gone.add(p);
      bytes -= p.bytes;
    }
  }
  let removed = 0;
  for (const partition of gone) removed += await drop(sql, partition);
  return removed;
}

async function drop(sql: Sql, { table, partition, isPending }: Partition): Promise<number> {
  const name = `${sql.schema}.${quoted(partition)}`;
  const detach = `ALTER TABLE ${sql.schema}.${table} DETACH PARTITION ${name}`;
  const { rows } = await sql.query<{ facts: number }>("counting", `SELECT count(*)::float8 AS facts FROM ${name}`);
  await sql.query(`detaching ${partition}`, `${detach} ${isPending ? "FINALIZE" : "CONCURRENTLY"}`);
  await sql.query(`dropping ${partition}`, `DROP TABLE ${name}`);
  return rows[0]?.facts ?? 0;
}
