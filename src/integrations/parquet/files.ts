import { LearningError, messageOf } from "../../core/index.js";
import type { Cell, ColumnType } from "./tables.js";

/** Columns as Parquet bytes, by the optional peer `hyparquet-writer`. @throws INTEGRATION_FAILED without it */
export async function parquetBytes(
  columns: Readonly<Record<string, ColumnType>>,
  rows: readonly Readonly<Record<string, Cell>>[],
): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await writer();
  const columnData = Object.entries(columns).map(([name, type]) => ({
    name,
    // Text that holds JSON is written as text: as JSON, the writer would encode it again.
    type: type === "JSON" ? ("STRING" as const) : type,
    data: rows.map((row) => row[name] ?? null),
    nullable: true,
  }));
  return new Uint8Array(parquetWriteBuffer({ columnData }));
}

/** The rows of a Parquet file, by the optional peer `hyparquet`. @throws INTEGRATION_FAILED without it, or for another file */
export async function parquetRows(path: string, columns: readonly string[]): Promise<Record<string, unknown>[]> {
  const { asyncBufferFromFile, parquetReadObjects } = await reader();
  try {
    return await parquetReadObjects({ file: await asyncBufferFromFile(path), columns: [...columns] });
  } catch (cause) {
    throw new LearningError("INTEGRATION_FAILED", {
      received: `${path}: ${messageOf(cause)}`,
      expected: "a Parquet file of an export",
      remedy: "Export again, or leave this file out.",
      cause,
    });
  }
}

// Each within a `try` of its own: so bundlers see that it need not be there.

async function writer(): Promise<typeof import("hyparquet-writer")> {
  try {
    return await import("hyparquet-writer");
  } catch (cause) {
    throw notInstalled("hyparquet-writer", cause);
  }
}

async function reader(): Promise<typeof import("hyparquet")> {
  try {
    return await import("hyparquet");
  } catch (cause) {
    throw notInstalled("hyparquet", cause);
  }
}

function notInstalled(name: string, cause: unknown): LearningError {
  return new LearningError("INTEGRATION_FAILED", {
    received: `no package ${name} (${messageOf(cause)})`,
    expected: "the optional peer that reads and writes Parquet",
    remedy: "Run: npm install hyparquet-writer hyparquet",
    cause,
  });
}
