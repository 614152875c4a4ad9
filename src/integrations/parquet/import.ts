import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { checkArgument } from "../../core/arguments.js";
import {
  decisionSchema,
  type FactKind,
  type FactTypes,
  feedbackRecordSchema,
  LearningError,
  messageOf,
  traceSegmentSchema,
} from "../../core/index.js";
import type { LearningStore } from "../../store/index.js";
import { parquetRows } from "./files.js";
import { identityOf, TABLES } from "./tables.js";

/** What an import did, by kind: facts that came in, that were there already, and that are none. */
export type ParquetImported = Record<FactKind, { imported: number; known: number; refused: number }>;

const SCHEMAS = { trace: traceSegmentSchema, decision: decisionSchema, feedback: feedbackRecordSchema };

/**
 * Reads an export of {@link exportParquet} into a store, in the order in which its facts were stored; what is there
 * already is left out. Into an empty store, the same facts come back.
 * @throws INTEGRATION_FAILED without the package `hyparquet`, for a folder without an export, or a damaged file
 * @example const { trace, decision, feedback } = await importParquet({ store, folder: "./tables" });
 */
export async function importParquet(options: { store: LearningStore; folder: string }): Promise<ParquetImported> {
  checkArgument(
    options,
    "options",
    { store: { read: "function", append: "function" }, folder: "text" },
    "CONFIG_INVALID",
  );
  const { store, folder } = options;
  return {
    trace: await importKind(store, folder, "trace"),
    decision: await importKind(store, folder, "decision"),
    feedback: await importKind(store, folder, "feedback"),
  };
}

async function importKind<K extends FactKind>(store: LearningStore, folder: string, kind: K) {
  const counts = { imported: 0, known: 0, refused: 0 };
  const known = new Set<string>();
  for await (const { facts } of store.read(kind)) for (const fact of facts) known.add(identityOf(fact));
  for (const files of (await partsOf(join(folder, TABLES[kind][0].name), folder)).values()) {
    const rows = (await Promise.all(files.map((file) => parquetRows(file, ["seq", "record"])))).flat();
    rows.sort((a, b) => Number(a.seq) - Number(b.seq));
    const fresh: FactTypes[K][] = [];
    for (const { record } of rows) {
      const parsed = SCHEMAS[kind].safeParse(typeof record === "string" ? parsedJson(record) : record);
      if (!parsed.success) counts.refused += 1;
      else if (known.has(identityOf(parsed.data))) counts.known += 1;
      else {
        known.add(identityOf(parsed.data));
        fresh.push(parsed.data as FactTypes[K]);
      }
    }
    if (fresh.length > 0) await store.append(kind, fresh);
    counts.imported += fresh.length;
  }
  return counts;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is no JSON is refused by the schema, and counted.
    return undefined;
  }
}

/** The files of a table by part, in the order of their parts; a part's facts stand in one file a day. */
async function partsOf(table: string, folder: string): Promise<Map<string, string[]>> {
  const days = await readdir(table).catch(async (cause: NodeJS.ErrnoException) => {
    // An export without a fact of this kind has no table of it.
    const isExport = (await readdir(folder).catch((): string[] => [])).includes("manifest.json");
    if (cause.code === "ENOENT" && isExport) return [];
    throw new LearningError("INTEGRATION_FAILED", {
      received: `${folder}: ${messageOf(cause)}`,
      expected: "the folder of an export to Parquet",
      remedy: "Name the folder that was given to exportParquet.",
      cause,
    });
  });
  const parts = new Map<string, string[]>();
  for (const day of days.sort())
    for (const name of await readdir(join(table, day)))
      if (name.endsWith(".parquet")) parts.set(name, [...(parts.get(name) ?? []), join(table, day, name)]);
  return new Map([...parts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
