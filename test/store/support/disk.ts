import { mkdtemp, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TraceSegment } from "../../../src/core/index.js";
import { type FactQuery, type FileStoreOptions, type LearningStore, openFileStore } from "../../../src/store/index.js";
import { segment } from "../facts.js";

/** A holder that died: no system gives process ids as high as this one. */
export const DEAD = "99999999-0-deadbeef";

/** New folders for a file store. */
export async function folders() {
  const root = await mkdtemp(join(tmpdir(), "store-"));
  return { traces: join(root, "t"), feedback: join(root, "f"), models: join(root, "m") };
}

/** A logger that keeps the warnings. */
export function recorder() {
  const warnings: string[] = [];
  const logger = { debug() {}, info() {}, warn: (m: string) => void warnings.push(m), error() {} };
  return { logger, warnings };
}

/** All traces of a query, in order. */
export async function traces(store: LearningStore, query?: FactQuery): Promise<TraceSegment[]> {
  const all: TraceSegment[] = [];
  for await (const { facts } of store.read("trace", query)) all.push(...facts);
  return all;
}

/** The cursors of all batches of traces. */
export async function cursors(store: LearningStore, query?: FactQuery): Promise<string[]> {
  const all: string[] = [];
  for await (const { cursor } of store.read("trace", query)) all.push(cursor);
  return all;
}

export const ids = (facts: { workflowId: string }[]) => facts.map((f) => f.workflowId);
export const many = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => segment(from + i));
export const segmentFiles = async (folder: string, kind = "trace") =>
  (await readdir(folder)).filter((f) => f.startsWith(`${kind}-`) && f.endsWith(".jsonl")).sort();

/** A store with some traces in it, closed; and where they lie. */
export async function filled(options: Partial<FileStoreOptions> = {}) {
  const where = await folders();
  const store = await openFileStore({ ...where, ...options });
  await store.append("trace", many(0, 5));
  await store.close();
  const [name] = await segmentFiles(where.traces);
  return {
    where,
    file: join(where.traces, name),
    index: join(where.traces, name.replace("jsonl", "index")),
  };
}
