import { type Clock, isoTime } from "../../core/index.js";
import { checkQuery, DEFAULT_BATCH_SIZE, EXACT_FIELDS } from "../facts.js";
import type { FactBatch, FactKind, FactQuery, FactTypes, TextBatch } from "../learning-store.js";
import { FIRST_POSITION, type LaneState, type Position, positionOf, readCursor, seqIn, writeCursor } from "./cursor.js";
import { merged, nothing, type Page, pastPlace, type Row } from "./page.js";
import { columnValue, OLDEST_MS, periodAt } from "./row.js";
import { KEY_COLUMNS, TABLE_OF } from "./schema.js";
import type { SetAside } from "./set-aside.js";
import { type Place, soughtOf } from "./sought.js";
import type { Sql } from "./sql.js";

/**
 * What is read of a row of the table `t`. Orders name the table too: `ORDER BY at` would mean the column of the answer,
 * which is a double, and no index is in the order of that.
 */
const PLACE = "t.lane::float8 AS lane, t.seq::float8 AS seq, t.at::float8 AS at";
const COLUMNS = `${PLACE}, t.body`;

/** Rows that are looked through at once. */
const LOOKED_THROUGH = 1024;
/** Rows that are looked through before an index is asked: what is frequent is found sooner so. */
const LOOKED_FIRST = 512;
/** How far back an index is asked at first; each further question goes several times as far. */
const FIRST_SPAN_MS = 14 * 86_400_000;
/** Rows of an answer of an index: those found, whose bodies all are read. */
const FOUND_AT_ONCE = 256;
/** After this time what was found so far is handed out. */
const PATIENCE_MS = 30;

/** Rows of one answer, at first, and the characters that it is then to have. */
const FIRST_PAGE = 256;
const PAGE_CHARS = 4 * 1024 * 1024;

/** What {@link SqlFactReader} works with. */
interface ReaderParts<K extends FactKind> {
  sql: Sql;
  kind: K;
  clock: Clock;
  partitionDays: number;
  setAside: SetAside;
  /** Fails once the store is closed. */
  mustBeOpen(): void;
}

/** A row whose time was changed by hand may lie where no date is. */
const withinDates = (ms: number) => Math.min(8.64e15, Math.max(-8.64e15, ms));

/** Reads the facts of one kind. */
export class SqlFactReader<K extends FactKind> {
  private pageRows = FIRST_PAGE;

  private readonly sql: Sql;
  private readonly kind: K;
  private readonly mustBeOpen: () => void;

  constructor(private readonly parts: ReaderParts<K>) {
    this.sql = parts.sql;
    this.kind = parts.kind;
    this.mustBeOpen = parts.mustBeOpen;
  }

  async *read(query: FactQuery): AsyncIterable<FactBatch<FactTypes[K]>> {
    for await (const { items, ...rest } of this.batches(query, (row) => this.parse(row)))
      yield { facts: items, ...rest };
  }

  async *readTexts(query: FactQuery): AsyncIterable<TextBatch> {
    const held = (row: Row) => (row.body === null ? undefined : { row, body: row.body });
    for await (const { items, cursor } of this.batches(query, held))
      yield {
        texts: items.map(({ body }) => body),
        cursor,
        setAside: (index, flaw) => {
          const row = items[index]?.row;
          if (row) this.parts.setAside.leaveOut(this.kind, row, flaw);
        },
      };
  }

  /** The facts of some runs, by the index of runs, in one answer. */
  async ofRuns(runs: ReadonlySet<string>, times: Pick<FactQuery, "from" | "to">): Promise<FactTypes[K][]> {
    this.mustBeOpen();
    checkQuery(times);
    const ends = new Map((await this.lanesAfter(FIRST_POSITION)).map((lane) => [lane.id, lane.seq]));
    const { conditions, values } = this.conditionsOf(times);
    const ids = [...runs].map(columnValue);
    const rows = await this.fetch(
      `SELECT ${COLUMNS} FROM ${this.from} t
       WHERE ${[...conditions, `t.workflow_id = ANY($${values.length + 1}::text[])`].join(" AND ")}
       ORDER BY lane, seq`,
      [...values, ids],
    );
    this.mustBeOpen();
    const committed = rows.filter((row) => row.seq <= (ends.get(row.lane) ?? 0));
    return committed.flatMap((row) => this.parse(row) ?? []).filter((fact) => runs.has(fact.workflowId));
  }

  private async *batches<T>(
    query: FactQuery,
    itemOf: (row: Row) => T | undefined,
  ): AsyncIterable<{ items: T[]; cursor: string; looked?: FactBatch<T>["looked"] }> {
    this.mustBeOpen();
    checkQuery(query);
    const before = query.after === undefined ? FIRST_POSITION : readCursor(this.kind, query.after);
    const lanes = await this.lanesAfter(before);
    const end = writeCursor(
      this.kind,
      positionOf(before, lanes, (lane) => lane.seq),
    );
    /** How far was read, of the lanes that were begun. */
    const read = new Map<number, number>();
    const cursor = () =>
      query.latest
        ? end
        : writeCursor(
            this.kind,
            positionOf(before, lanes, ({ id }) => read.get(id) ?? seqIn(before, id) ?? 0),
          );
    const size = query.batchSize ?? DEFAULT_BATCH_SIZE;
    let left = query.limit ?? Number.POSITIVE_INFINITY;
    let items: T[] = [];
    for await (const { rows, until } of this.pages(query, before, lanes)) {
      for (const row of rows) {
        if (left <= 0) break;
        // The batch before is full, and not the last one.
        if (items.length === size) {
          this.mustBeOpen();
          yield { items, cursor: cursor() };
          items = [];
        }
        read.set(row.lane, row.seq);
        const item = itemOf(row);
        if (item === undefined) continue;
        items.push(item);
        left--;
      }
      if (left <= 0) break;
      // Who looks for something is told how far that has come, found or not.
      if (until === undefined) continue;
      this.mustBeOpen();
      yield { items, cursor: cursor(), looked: { facts: rows.length, until: isoTime(withinDates(until)) } };
      items = [];
    }
    this.mustBeOpen();
    if (items.length > 0) yield { items, cursor: left <= 0 ? cursor() : end };
  }

  private parse(row: Row): FactTypes[K] | undefined {
    return this.parts.setAside.factOf(this.kind, row);
  }

  /** Lanes that are not read to their end. Facts up to their numbers are committed, whatever comes meanwhile. */
  private async lanesAfter(position: Position): Promise<LaneState[]> {
    const { rows } = await this.sql.query<LaneState>(
      "looking for new facts",
      `SELECT id::float8 AS id, ${this.kind}_seq::float8 AS seq, ended FROM ${this.sql.schema}.lanes
       WHERE id > $1 OR id = ANY($2::bigint[]) ORDER BY id`,
      [position.base, [...position.lanes.keys()]],
    );
    return rows;
  }

  private pages(query: FactQuery, before: Position, lanes: readonly LaneState[]): AsyncIterable<Page> {
    const { conditions, values } = this.conditionsOf(query);
    if (conditions.includes("false") || query.limit === 0) return nothing();
    // Of one run there are few facts: they are sorted as doubles, for which no index is walked in search of them.
    const table = query.workflowId === undefined ? "t." : "";
    if (query.latest) return this.latest(conditions, values, lanes, table, query);
    if (conditions.length > 0) return this.filtered(conditions, values, before, lanes, table);
    return this.everything(before, lanes, query.limit);
  }

  private conditionsOf(query: FactQuery): { conditions: string[]; values: unknown[] } {
    const values: unknown[] = [];
    const columns = new Map<string, string>(KEY_COLUMNS[this.kind]);
    const place = (value: unknown) => `$${values.push(value)}`;
    const conditions: string[] = [];
    for (const field of EXACT_FIELDS) {
      const value = query[field];
      if (value === undefined) continue;
      const column = columns.get(field);
      conditions.push(column ? `${column} = ${place(columnValue(value))}` : "false");
    }
    if (query.from !== undefined) conditions.push(`at >= ${place(Date.parse(query.from))}::bigint`);
    if (query.to !== undefined) conditions.push(`at < ${place(Date.parse(query.to))}::bigint`);
    return { conditions, values };
  }

  private async fetch(text: string, values: unknown[]): Promise<Row[]> {
    this.mustBeOpen();
    const { rows } = await this.sql.query<Row>(`reading facts (${this.kind})`, text, values);
    const chars = rows.reduce((sum, row) => sum + (row.body?.length ?? 0), 0);
    if (chars > 0) this.pageRows = Math.ceil(Math.min(4096, Math.max(16, (PAGE_CHARS * rows.length) / chars)));
    return rows;
  }

  private get from(): string {
    return `${this.sql.schema}.${TABLE_OF[this.kind]}`;
  }

  /** All facts, of all lanes side by side, in each in its order; what is older comes first as far as that allows. */
  private async *everything(before: Position, lanes: readonly LaneState[], limit?: number): AsyncIterable<Page> {
    const open = lanes
      .map(({ id, seq }) => ({ id, at: seqIn(before, id) ?? seq, end: seq }))
      .filter((lane) => lane.at < lane.end);
    while (open.length > 0) {
      const share = Math.ceil(Math.min(this.pageRows, limit ?? this.pageRows) / open.length);
      const rows = await this.fetch(
        `SELECT l.lane::float8 AS lane, f.seq::float8 AS seq, f.at::float8 AS at, f.body
         FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS l(lane, after, upto)
         CROSS JOIN LATERAL (
           SELECT seq, at, body FROM ${this.from} t
           WHERE t.lane = l.lane AND t.seq > l.after AND t.seq <= l.upto ORDER BY t.seq LIMIT $4
         ) f`,
        [open.map((l) => l.id), open.map((l) => l.at), open.map((l) => l.end), share],
      );
      const byLane = new Map(open.map((lane) => [lane.id, [] as Row[]]));
      for (const row of rows) byLane.get(row.lane)?.push(row);
      for (const list of byLane.values()) list.sort((a, b) => a.seq - b.seq);
      yield { rows: merged([...byLane.values()]) };
      for (const lane of open.splice(0)) {
        const list = byLane.get(lane.id)!;
        const last = list.at(-1);
        if (last && list.length === share && last.seq < lane.end) open.push({ ...lane, at: last.seq });
      }
    }
  }

  /** What fulfils conditions, lane by lane. */
  private async *filtered(
    conditions: string[],
    values: unknown[],
    before: Position,
    lanes: readonly LaneState[],
    table: "t." | "",
  ): AsyncIterable<Page> {
    const ends = new Map(lanes.map((lane) => [lane.id, lane.seq]));
    let last = { lane: 0, seq: 0 };
    for (;;) {
      const n = values.length;
      const size = this.pageRows;
      const rows = await this.fetch(
        `SELECT ${COLUMNS} FROM ${this.from} t
         WHERE ${[...conditions, `(t.lane, t.seq) > ($${n + 1}::bigint, $${n + 2}::bigint)`].join(" AND ")}
         ORDER BY ${table}lane, ${table}seq LIMIT $${n + 3}`,
        [...values, last.lane, last.seq, size],
      );
      yield {
        rows: rows.filter(
          (row) => row.seq > (seqIn(before, row.lane) ?? row.seq) && row.seq <= (ends.get(row.lane) ?? 0),
        ),
      };
      if (rows.length < size) return;
      last = rows.at(-1)!;
    }
  }

  /** The newest first; of one moment, what was appended last. */
  private async *latest(
    conditions: string[],
    values: unknown[],
    lanes: readonly LaneState[],
    table: "t." | "",
    query: FactQuery,
  ): AsyncIterable<Page> {
    const ends = new Map(lanes.map((lane) => [lane.id, lane.seq]));
    const committed = (rows: Row[]) => rows.filter((row) => row.seq <= (ends.get(row.lane) ?? 0));
    const sought = soughtOf(this.kind, query);
    let last: Row | undefined;
    for (;;) {
      const asked = [...values];
      const place = (value: unknown) => `$${asked.push(value)}`;
      // Rows without what is looked for are counted, and their bodies stay where they are.
      const columns = sought ? `${PLACE}, CASE WHEN ${sought.test(place)} THEN t.body END AS body` : COLUMNS;
      const looked = sought?.indexed ? LOOKED_FIRST : LOOKED_THROUGH;
      const size = sought ? looked : Math.min(this.pageRows, query.limit ?? this.pageRows);
      const all = last ? [...conditions, pastPlace(last, place)] : conditions;
      const rows = await this.fetch(
        `SELECT ${columns} FROM ${this.from} t ${all.length > 0 ? `WHERE ${all.join(" AND ")}` : ""}
         ORDER BY ${table}at DESC, ${table}lane DESC, ${table}seq DESC LIMIT ${place(size)}`,
        asked,
      );
      last = rows.at(-1);
      yield { rows: committed(rows), until: sought && last?.at };
      if (!last || rows.length < size) return;
      if (sought?.indexed)
        return yield* this.found(
          conditions,
          values,
          sought.indexed,
          last,
          committed,
          Math.min(FOUND_AT_ONCE, query.batchSize ?? FOUND_AT_ONCE),
        );
    }
  }

  /**
   * What an index finds behind a row, newest first, in stretches of time that grow: what stands in all of the older rows
   * is found among a few of them, and what is nowhere by few questions.
   */
  private async *found(
    conditions: string[],
    values: unknown[],
    indexed: (place: Place) => string,
    from: Row,
    committed: (rows: Row[]) => Row[],
    atOnce: number,
  ): AsyncIterable<Page> {
    const { clock, partitionDays } = this.parts;
    const strange = clock.now() - OLDEST_MS;
    let last: Pick<Row, "at" | "lane" | "seq"> = from;
    let found: Row[] = [];
    let began = clock.monotonic();
    for (let low = from.at - FIRST_SPAN_MS; ; ) {
      const asked = [...values];
      const place = (value: unknown) => `$${asked.push(value)}`;
      const all = [...conditions, indexed(place), pastPlace(last, place)];
      // What is older than this may stand in any partition.
      const isRest = low < strange;
      if (!isRest)
        all.push(
          `t.at >= ${place(low)}::bigint`,
          `t.period BETWEEN ${place(periodAt(low, partitionDays))}::int AND ${place(periodAt(last.at, partitionDays))}::int`,
        );
      const size = Math.max(1, atOnce - found.length);
      // The order is made of what was found: an index in that order would be walked in search of it.
      const rows = await this.fetch(
        `SELECT ${COLUMNS} FROM (SELECT * FROM ${this.from} t WHERE ${all.join(" AND ")} OFFSET 0) t
         ORDER BY t.at DESC, t.lane DESC, t.seq DESC LIMIT ${place(size)}`,
        asked,
      );
      found.push(...committed(rows));
      const isFull = rows.length === size;
      if (isRest && !isFull) return yield { rows: found };
      last = isFull ? rows.at(-1)! : { at: low, lane: 0, seq: 0 };
      if (!isFull) low -= 4 * (from.at - low);
      if (!isFull && clock.monotonic() - began < PATIENCE_MS) continue;
      yield { rows: found, until: last.at };
      found = [];
      began = clock.monotonic();
    }
  }
}
