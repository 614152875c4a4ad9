import { FACT_KINDS } from "../facts.js";
import type { ErasureSelector, FactKind } from "../learning-store.js";
import { columnValue } from "./row.js";
import { KEY_COLUMNS, TABLE_OF } from "./schema.js";
import type { Sql } from "./sql.js";

/** How long one erasure may take to find and delete what it names. */
const PATIENCE_MS = 600_000;

/**
 * Deletes the facts of a person, thread or run in one transaction: the runs that were theirs whole, and the feedback
 * they gave to others or that compares others with them. Whose row a lane still writes is found by the next erasure.
 */
export async function eraseFacts(sql: Sql, selector: ErasureSelector): Promise<Record<FactKind, number>> {
  const [field, id] = Object.entries(selector)[0]!;
  const value = columnValue(id);
  const columnIn = (kind: FactKind) => KEY_COLUMNS[kind].find(([name]) => name === field)?.[1];
  return sql.transaction(
    "erasing facts",
    async (run) => {
      await run(`SET LOCAL statement_timeout = ${PATIENCE_MS}`);
      const runs = new Set(field === "workflowId" ? [value] : []);
      for (const kind of ["trace", "decision"] as const) {
        const column = columnIn(kind);
        if (!column) continue;
        const rows = await run<{ workflow_id: string }>(
          `SELECT DISTINCT workflow_id FROM ${sql.schema}.${TABLE_OF[kind]} WHERE ${column} = $1`,
          [value],
        );
        for (const row of rows) runs.add(row.workflow_id);
      }
      const counts: Record<FactKind, number> = { trace: 0, decision: 0, feedback: 0 };
      for (const kind of FACT_KINDS) {
        const column = kind === "feedback" ? columnIn(kind) : undefined;
        // Who compared another run with one of these named it.
        const compared = kind === "feedback" ? "OR compared_run = ANY($1::text[])" : "";
        const rows = await run<{ facts: number }>(
          `WITH gone AS (
           DELETE FROM ${sql.schema}.${TABLE_OF[kind]}
           WHERE workflow_id = ANY($1::text[]) ${compared} ${column ? `OR ${column} = $2` : ""} RETURNING 1
         ) SELECT count(*)::float8 AS facts FROM gone`,
          [[...runs], ...(column ? [value] : [])],
        );
        counts[kind] = rows[0]?.facts ?? 0;
      }
      return counts;
    },
    PATIENCE_MS,
  );
}
