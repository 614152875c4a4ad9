import type { FactKind } from "../learning-store.js";

/** The table of each kind of fact. */
export const TABLE_OF: Record<FactKind, string> = { trace: "traces", decision: "decisions", feedback: "feedback" };

/** Columns of a fact table that queries look at, beside `at`; by kind, for a column that is always empty costs as well. */
export const KEY_COLUMNS: Record<FactKind, readonly (readonly [field: KeyField, column: string])[]> = {
  trace: [
    ["workflowId", "workflow_id"],
    ["workflowType", "workflow_type"],
    ["threadId", "thread_id"],
    ["userId", "user_id"],
    ["status", "status"],
  ],
  decision: [
    ["workflowId", "workflow_id"],
    ["workflowType", "workflow_type"],
    ["threadId", "thread_id"],
    ["userId", "user_id"],
    ["decisionPoint", "decision_point"],
    ["chosen", "chosen"],
    ["policyVersion", "policy_version"],
  ],
  feedback: [
    ["workflowId", "workflow_id"],
    ["workflowType", "workflow_type"],
    ["threadId", "thread_id"],
    ["userId", "user_id"],
  ],
};
/** Columns that are found by looking and by index alike, with their types; their values come as text. */
export const SOUGHT_COLUMNS: Record<FactKind, readonly (readonly [column: string, type: string])[]> = {
  trace: [["terms", "int[]"]],
  decision: [],
  feedback: [
    ["low", "real"],
    ["high", "real"],
    ["compared_run", "text"],
  ],
};
type KeyField =
  | "workflowId"
  | "workflowType"
  | "threadId"
  | "userId"
  | "status"
  | "decisionPoint"
  | "chosen"
  | "policyVersion";

/** Byte by byte, whatever the collation: ids are found whole and by their beginnings. */
const BEGINNING = "(workflow_id text_pattern_ops)";

/**
 * The indexes of a fact table; columns that are mostly empty have only the rows that hold something. The order of a page
 * is whole in them: PostgreSQL merges partitions by index only where nothing is left to sort.
 */
const INDEXES: Record<FactKind, readonly string[]> = {
  trace: [
    "(lane, seq)",
    "(at, lane, seq)",
    BEGINNING,
    "(workflow_type, at, lane, seq)",
    "USING gin (terms) WITH (gin_pending_list_limit = 1024) WHERE terms IS NOT NULL",
  ],
  decision: ["(lane, seq)", "(at, lane, seq)", BEGINNING, "(decision_point, at, lane, seq)", "(chosen, at, lane, seq)"],
  feedback: [
    "(lane, seq)",
    "(at, lane, seq)",
    BEGINNING,
    "(low)",
    "(high)",
    "(compared_run) WHERE compared_run IS NOT NULL",
  ],
};
const PARTIAL: Record<FactKind, readonly string[]> = {
  trace: ["thread_id", "user_id"],
  decision: ["thread_id", "user_id", "policy_version"],
  feedback: ["thread_id", "user_id"],
};
/** Runs that failed are looked for by name, and are few: without an index of their own a page of them read all the others. */
const FAILED = "(status, at, lane, seq) WHERE status <> 'success'";

const factTable = (schema: string, kind: FactKind): string => {
  const table = TABLE_OF[kind];
  const columns = KEY_COLUMNS[kind].map(([, column]) => `${column} text${column === "workflow_id" ? " NOT NULL" : ""}`);
  const sought = SOUGHT_COLUMNS[kind].map(([column, type]) => `${column} ${type}`);
  const indexes = [
    ...INDEXES[kind].map((columns) => `CREATE INDEX ON ${schema}.${table} ${columns}`),
    ...PARTIAL[kind].map(
      (column) =>
        `CREATE INDEX ON ${schema}.${table} (${column} text_pattern_ops, at, lane, seq) WHERE ${column} IS NOT NULL`,
    ),
    ...(kind === "trace" ? [`CREATE INDEX ON ${schema}.${table} ${FAILED}`] : []),
  ];
  return `
    CREATE TABLE ${schema}.${table} (
      period integer NOT NULL, lane bigint NOT NULL, seq bigint NOT NULL, at bigint NOT NULL,
      ${[...columns, ...sought].join(", ")}, body text NOT NULL
    ) PARTITION BY RANGE (period);
    DO $do$ BEGIN
      ALTER TABLE ${schema}.${table} ALTER COLUMN body SET COMPRESSION lz4;
    EXCEPTION WHEN feature_not_supported OR invalid_parameter_value OR syntax_error THEN
      NULL; -- A server built without it compresses by its own, slower method.
    END $do$;
    ${indexes.join(";\n")};`;
};

/**
 * The first version: what is written in order by each writer (its lane), what changes (documents, leases), and what
 * stays (blobs). A partition is attached under SHARE UPDATE EXCLUSIVE, which stops no writer, by a function that runs
 * with its owner's rights: whoever writes facts needs none to create tables.
 */
function version1(schema: string, partitionDays: number): string {
  const literal = `'${schema.replaceAll("'", "''")}'`;
  return `
    CREATE TABLE ${schema}.settings (name text PRIMARY KEY, value bigint NOT NULL);
    INSERT INTO ${schema}.settings VALUES ('partitionDays', ${partitionDays}), ('lane', 0);
    CREATE TABLE ${schema}.lanes (
      id bigint PRIMARY KEY, key text NOT NULL UNIQUE, host text NOT NULL, batch bigint NOT NULL DEFAULT 0,
      trace_seq bigint NOT NULL DEFAULT 0, decision_seq bigint NOT NULL DEFAULT 0,
      feedback_seq bigint NOT NULL DEFAULT 0, ended boolean NOT NULL DEFAULT false,
      seen_at timestamptz NOT NULL DEFAULT now()
    ) WITH (fillfactor = 50);
    CREATE TABLE ${schema}.documents (
      key text COLLATE "C" PRIMARY KEY, value text NOT NULL, version bigint NOT NULL, stamp text NOT NULL
    );
    CREATE TABLE ${schema}.blobs (name text COLLATE "C" PRIMARY KEY, content text NOT NULL);
    CREATE TABLE ${schema}.leases (
      name text PRIMARY KEY, holder text, fence bigint NOT NULL, expires_at bigint NOT NULL
    );
    ${factTable(schema, "trace")}
    ${factTable(schema, "decision")}
    ${factTable(schema, "feedback")}
    CREATE FUNCTION ${schema}.ensure_partition(kind text, wanted integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $body$
    DECLARE
      part text;
    BEGIN
      IF kind NOT IN ('traces', 'decisions', 'feedback') OR wanted IS NULL OR wanted < 0 THEN
        RAISE EXCEPTION 'no partition % of %', wanted, kind USING ERRCODE = '22023';
      END IF;
      PERFORM pg_advisory_xact_lock(hashtextextended(${literal} || kind, 0));
      part := kind || '_p' || wanted;
      IF to_regclass(format('%s.%I', ${literal}, part)) IS NOT NULL THEN RETURN; END IF;
      EXECUTE format('CREATE TABLE %s.%I (LIKE %s.%I INCLUDING ALL)', ${literal}, part, ${literal}, kind);
      EXECUTE format('ALTER TABLE %s.%I ATTACH PARTITION %s.%I FOR VALUES FROM (%s) TO (%s)',
        ${literal}, kind, ${literal}, part, wanted, wanted + 1);
    END $body$;
    REVOKE ALL ON FUNCTION ${schema}.ensure_partition(text, integer) FROM PUBLIC;`;
}

/** Statements of each version, in order; what is released here is never changed again, only added to. */
export const MIGRATIONS: readonly ((schema: string, partitionDays: number) => string)[] = [version1];
