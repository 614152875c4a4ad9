import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkArgument } from "../../core/arguments.js";
import {
  type Clock,
  type FactKind,
  type FactTypes,
  isoTime,
  LearningError,
  messageOf,
  refuseUnknownKeys,
  systemClock,
} from "../../core/index.js";
import { factsAfter, type LearningStore } from "../../store/index.js";
import { parquetBytes } from "./files.js";
import { dayOf, TABLES, type Table } from "./tables.js";

/** What is known of an export between calls: where each kind goes on. */
export interface ParquetManifest {
  schemaVersion: 1;
  exportedAt: string;
  /** The store's cursor behind the last fact written, by kind. */
  cursors: Partial<Record<FactKind, string>>;
  /** Facts written so far, by kind. */
  facts: Record<FactKind, number>;
  /** Parts written so far; the next one's number. */
  parts: number;
}

/** Options of {@link exportParquet}. */
export interface ParquetExportOptions {
  store: LearningStore;
  /** Where the tables go: `TABLE/day=2026-01-31/part-000000.parquet`. Made when missing. */
  folder: string;
  /** Facts per part; a part is held in memory (default 20,000). */
  factsPerPart?: number;
  clock?: Clock;
  signal?: AbortSignal;
}

const MANIFEST = "manifest.json";
const KINDS: readonly FactKind[] = ["trace", "decision", "feedback"];

/** What its options may hold. */
const OPTIONS: readonly (keyof ParquetExportOptions)[] = ["store", "folder", "factsPerPart", "clock", "signal"];

/**
 * Writes facts as Parquet tables partitioned by UTC day, readable by DuckDB and pandas as they are. Goes on where the
 * last export into the folder ended: called on a schedule, each call adds what is new. A call that was broken off is
 * finished by the next one, without doubling.
 * @example
 * ```ts
 * await exportParquet({ store, folder: "./tables" });
 * // DuckDB: SELECT * FROM read_parquet('./tables/decisions/*\/*.parquet', hive_partitioning = true)
 * ```
 * @throws INTEGRATION_FAILED without the package `hyparquet-writer`; STORE_IO when the folder cannot be written
 */
export async function exportParquet(options: ParquetExportOptions): Promise<ParquetManifest> {
  checkArgument(
    options,
    "options",
    { store: { read: "function", append: "function" }, folder: "text" },
    "CONFIG_INVALID",
  );
  refuseUnknownKeys(options, OPTIONS, "options of exportParquet");
  const { store, folder, factsPerPart = 20_000, clock = systemClock, signal } = options;
  let manifest = await manifestOf(folder);
  await sweep(folder, manifest.parts);
  for (const kind of KINDS) {
    for (;;) {
      signal?.throwIfAborted();
      const part = await factsAfter(store, kind, manifest.cursors[kind], factsPerPart);
      if (part.facts.length === 0) break;
      await writePart(folder, kind, part.facts, manifest);
      manifest = {
        ...manifest,
        exportedAt: isoTime(clock.now()),
        cursors: { ...manifest.cursors, [kind]: part.cursor },
        facts: { ...manifest.facts, [kind]: manifest.facts[kind] + part.facts.length },
        parts: manifest.parts + 1,
      };
      await replace(join(folder, MANIFEST), JSON.stringify(manifest, null, 2));
    }
  }
  // An export without facts is one too.
  if (manifest.parts === 0) await replace(join(folder, MANIFEST), JSON.stringify(manifest, null, 2));
  return manifest;
}

/** The manifest of a folder, an empty one where there is none. @throws INTEGRATION_FAILED for another file */
async function manifestOf(folder: string): Promise<ParquetManifest> {
  const fresh: ParquetManifest = {
    schemaVersion: 1,
    exportedAt: isoTime(0),
    cursors: {},
    facts: { trace: 0, decision: 0, feedback: 0 },
    parts: 0,
  };
  const text = await readFile(join(folder, MANIFEST), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw unwritable(folder, error);
  });
  if (text === undefined) return fresh;
  try {
    return { ...fresh, ...(JSON.parse(text) as ParquetManifest) };
  } catch (cause) {
    throw new LearningError("INTEGRATION_FAILED", {
      received: `${MANIFEST} in ${folder}: ${messageOf(cause)}`,
      expected: "the manifest of an export",
      remedy: "Export into an empty folder.",
      cause,
    });
  }
}

const PART = /^day=[^/\\]+[/\\]part-(\d+)\.parquet(?:\.tmp)?$/;

/** Removes parts that an export wrote and did not note, since it was broken off: their facts are written again. */
async function sweep(folder: string, parts: number): Promise<void> {
  for (const { name } of KINDS.flatMap((kind) => TABLES[kind] as readonly { name: string }[])) {
    const files = await readdir(join(folder, name), { recursive: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return [];
      throw unwritable(folder, error);
    });
    for (const file of files)
      if (Number(PART.exec(file)?.[1] ?? -1) >= parts) await rm(join(folder, name, file), { force: true });
  }
}

/** Writes a part's files. */
async function writePart<K extends FactKind>(
  folder: string,
  kind: K,
  facts: readonly FactTypes[K][],
  { parts, facts: written }: ParquetManifest,
): Promise<void> {
  const name = `part-${String(parts).padStart(6, "0")}.parquet`;
  const days = new Map<string, { fact: FactTypes[K]; seq: number }[]>();
  facts.forEach((fact, i) => {
    const entry = { fact, seq: written[kind] + i };
    const day = days.get(dayOf(fact));
    if (day) day.push(entry);
    else days.set(dayOf(fact), [entry]);
  });
  const tables = TABLES[kind] as readonly Table<FactTypes[K]>[];
  for (const [day, entries] of days)
    for (const { name: table, columns, rows } of tables) {
      const all = entries.flatMap(({ fact, seq }) => rows(fact).map((row) => ({ ...row, seq: BigInt(seq) })));
      if (all.length === 0) continue;
      const bytes = await parquetBytes({ ...columns, seq: "INT64" }, all);
      await replace(join(folder, table, `day=${day}`, name), bytes);
    }
}

/** Writes a file so that a reader finds the old one or the whole new one. */
async function replace(path: string, content: string | Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(`${path}.tmp`, content, { mode: 0o600, flush: true });
    await rename(`${path}.tmp`, path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
}

function unwritable(path: string, cause: unknown): LearningError {
  return new LearningError("STORE_IO", {
    received: messageOf(cause),
    expected: `to read and write ${path}`,
    remedy: "Make the folder writable, with room on its disk, then export again: nothing is written twice.",
    cause,
  });
}
