import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FactKind } from "../../src/core/index.js";
import { exportParquet, importParquet } from "../../src/integrations/parquet/index.js";
import { createMemoryStore, type LearningStore } from "../../src/store/index.js";
import { aSegment } from "../patterns/support/traces.js";
import { aDecision, aFeedback } from "../support/facts.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "parquet-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const day = (n: number) => new Date(Date.UTC(2026, 0, 1 + n, 12)).toISOString();

async function fill(store: LearningStore, from: number, to: number): Promise<void> {
  for (let i = from; i < to; i++) {
    const workflowId = `w${i}`;
    await store.append("trace", [aSegment(workflowId, ["a", "b"], { segmentId: `s${i}`, startedAt: day(i % 3) })]);
    await store.append("decision", [
      aDecision({ decisionId: `d${i}`, workflowId, at: day(i % 2), context: { topic: 'naïve "quoted"', n: i / 3 } }),
    ]);
    await store.append("feedback", [
      aFeedback({ feedbackId: `f${i}`, workflowId, outcome: (i % 10) / 10, at: day(0) }),
    ]);
  }
}

async function factsOf(store: LearningStore): Promise<Record<FactKind, unknown[]>> {
  const all: Record<FactKind, unknown[]> = { trace: [], decision: [], feedback: [] };
  for (const kind of ["trace", "decision", "feedback"] as const)
    for await (const { facts } of store.read(kind)) all[kind].push(...facts);
  return all;
}

const rowsOf = async (table: string, dayName: string, part: number) =>
  parquetReadObjects({
    file: await asyncBufferFromFile(
      join(folder, table, `day=${dayName}`, `part-${String(part).padStart(6, "0")}.parquet`),
    ),
  });

describe("facts as Parquet", () => {
  it("are tables by day, with columns that say what they mean", async () => {
    const store = createMemoryStore();
    await fill(store, 0, 6);
    const manifest = await exportParquet({ store, folder });
    expect(manifest.facts).toEqual({ trace: 6, decision: 6, feedback: 6 });
    expect(readdirSync(join(folder, "segments")).sort()).toEqual([
      "day=2026-01-01",
      "day=2026-01-02",
      "day=2026-01-03",
    ]);
    const rows = await rowsOf("decisions", "2026-01-02", 1);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatchObject({ decision_id: "d1", workflow_id: "w1", decided_at: new Date(day(1)), seq: 1n });
    expect(JSON.parse(rows[0]?.context as string)).toEqual({ topic: 'naïve "quoted"', n: 1 / 3 });
    const [judged] = await rowsOf("feedback", "2026-01-01", 2);
    expect(judged).toMatchObject({ feedback_id: "f0", outcome: 0, cat_score: null });
  });

  it("go on where the last export ended, and finish one that was broken off", async () => {
    const store = createMemoryStore();
    await fill(store, 0, 4);
    await exportParquet({ store, folder, factsPerPart: 3 });
    const noted = readFileSync(join(folder, "manifest.json"), "utf8");
    await fill(store, 4, 6);
    const second = await exportParquet({ store, folder, factsPerPart: 3 });
    expect(second.facts).toEqual({ trace: 6, decision: 6, feedback: 6 });
    expect(await exportParquet({ store, folder })).toEqual(second);
    // The manifest of the second export was lost: its parts are written again under their own names.
    writeFileSync(join(folder, "manifest.json"), noted);
    await exportParquet({ store, folder, factsPerPart: 3 });
    const back = createMemoryStore();
    await importParquet({ store: back, folder });
    expect(await factsOf(back)).toEqual(await factsOf(store));
  });

  it("stand in no table twice after an export that was broken off, whatever came since", async () => {
    const store = createMemoryStore();
    await fill(store, 0, 4);
    await exportParquet({ store, folder, factsPerPart: 3 });
    const noted = readFileSync(join(folder, "manifest.json"), "utf8");
    await fill(store, 4, 6);
    await exportParquet({ store, folder, factsPerPart: 3 });
    writeFileSync(join(folder, "manifest.json"), noted);
    await fill(store, 6, 9); // parts are cut elsewhere now, and their numbers go to other kinds
    await exportParquet({ store, folder, factsPerPart: 3 });
    const ids: Record<string, unknown[]> = { segments: [], decisions: [], feedback: [] };
    for (const table of Object.keys(ids))
      for (const file of readdirSync(join(folder, table), { recursive: true, encoding: "utf8" }))
        if (file.endsWith(".parquet"))
          for (const row of await parquetReadObjects({ file: await asyncBufferFromFile(join(folder, table, file)) }))
            ids[table]?.push(row.workflow_id);
    const all = Array.from({ length: 9 }, (_, i) => `w${i}`);
    for (const table of Object.keys(ids)) expect([table, ids[table]?.sort()]).toEqual([table, all]);
  });

  it("come back as they were, in their order, and only once", async () => {
    const store = createMemoryStore();
    await fill(store, 0, 7);
    await exportParquet({ store, folder, factsPerPart: 4 });
    const back = createMemoryStore();
    const all = { imported: 7, known: 0, refused: 0 };
    expect(await importParquet({ store: back, folder })).toEqual({ trace: all, decision: all, feedback: all });
    expect(await factsOf(back)).toEqual(await factsOf(store));
    const again = { imported: 0, known: 7, refused: 0 };
    expect(await importParquet({ store: back, folder })).toEqual({ trace: again, decision: again, feedback: again });
    expect(await factsOf(back)).toEqual(await factsOf(store));
  });

  it("fail with a code where there is none, or a file is damaged", async () => {
    const store = createMemoryStore();
    await expect(importParquet({ store, folder })).rejects.toMatchObject({ code: "INTEGRATION_FAILED" });
    await fill(store, 0, 1);
    await exportParquet({ store, folder });
    const file = join(folder, "decisions", "day=2026-01-01", "part-000001.parquet");
    writeFileSync(file, readFileSync(file).subarray(0, 40));
    await expect(importParquet({ store: createMemoryStore(), folder })).rejects.toThrow(/part-000001\.parquet/);
    writeFileSync(join(folder, "manifest.json"), "{");
    await expect(exportParquet({ store, folder })).rejects.toThrow(/manifest\.json/);
  });
});
