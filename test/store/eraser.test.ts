import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { defaultLogger, systemClock } from "../../src/core/index.js";
import { fileDocuments } from "../../src/store/file/documents.js";
import { Eraser } from "../../src/store/file/eraser.js";
import { LineEncoder } from "../../src/store/file/fact-line.js";
import { FactWriter } from "../../src/store/file/fact-writer.js";
import { SegmentFolder } from "../../src/store/file/segment-folder.js";
import { factsAfter, openFileStore } from "../../src/store/index.js";
import { decision, sampleFeedback, segment } from "./facts.js";
import { DEAD, folders } from "./support/disk.js";

/** A folder of segments with something that happens just before they are listed for the nth time. */
class WatchedFolder extends SegmentFolder {
  private listed = 0;
  onList = async (_: number) => {};

  override async list() {
    await this.onList(++this.listed);
    return super.list();
  }
}

/** A person's two runs in a store of another process, and an eraser over the same folders. */
async function erasing() {
  const where = await folders();
  const theirs = await openFileStore(where);
  await theirs.append("trace", [segment(1, { userId: "ann" })]);
  await theirs.append("decision", [decision(1), decision(2)]);
  await theirs.append("feedback", [sampleFeedback(1, { userId: "bob" }), sampleFeedback(2, { userId: "bob" })]);
  const options = { fsync: true, segmentBytes: 1 << 20 };
  const logs = (["trace", "decision", "feedback"] as const).map((kind) => {
    const folder = kind === "feedback" ? where.feedback : where.traces;
    const segments = new WatchedFolder(folder, kind, defaultLogger());
    return { kind, segments, writer: new FactWriter(segments, systemClock, new LineEncoder(), options) };
  });
  await mkdir(where.models, { recursive: true });
  const documents = fileDocuments(where.models, systemClock, defaultLogger(), { check: async () => {} });
  const eraser = new Eraser(where.traces, logs, [documents], defaultLogger());
  const left = async (kind: "trace" | "decision" | "feedback", store = theirs) =>
    (await factsAfter(store, kind)).facts.map((fact) => fact.workflowId);
  return { where, theirs, eraser, traces: logs[0]?.segments, decisions: logs[1]?.segments, left };
}

describe("an erasure", () => {
  it("takes a run whole or leaves it whole, when its trace comes while the person's runs are being erased", async () => {
    const { theirs, eraser, traces, left } = await erasing();
    if (traces)
      traces.onList = async (time) => {
        if (time === 2) await theirs.append("trace", [segment(2, { userId: "ann" })]);
      };
    expect(await eraser.erase({ userId: "ann" })).toEqual({ trace: 1, decision: 1, feedback: 1 });
    for (const kind of ["trace", "decision", "feedback"] as const) expect(await left(kind)).toEqual(["w2"]);
    expect(await eraser.erase({ userId: "ann" })).toEqual({ trace: 1, decision: 1, feedback: 1 });
    await theirs.close();
  });

  it("is finished by others only when who began it is no more", async () => {
    const { where, theirs, eraser, decisions, left } = await erasing();
    const pending = async () => (await readdir(where.traces)).filter((name) => name.includes("pending"));
    let during: string[] = [];
    if (decisions)
      decisions.onList = async (time) => {
        if (time !== 2) return;
        // Another process begins in the middle of it.
        await (await openFileStore(where)).close();
        during = await pending();
      };
    await eraser.erase({ userId: "ann" });
    expect(during).toHaveLength(1);
    expect(await pending()).toEqual([]);
    expect(await left("decision")).toEqual(["w2"]);
    await theirs.close();
  });

  it("finds all of a run again after it was broken off between its parts", async () => {
    const { where, theirs, eraser, decisions, left } = await erasing();
    if (decisions)
      decisions.onList = async (time) => {
        if (time === 2) throw new Error("killed");
      };
    await expect(eraser.erase({ userId: "ann" })).rejects.toThrow("killed");
    expect(await left("trace")).toEqual([]);
    await theirs.close();
    const store = await openFileStore(where);
    expect(await left("decision", store)).toEqual(["w2"]);
    expect(await left("feedback", store)).toEqual(["w2"]);
    expect((await readdir(where.traces)).filter((name) => name.includes("pending"))).toEqual([]);
    await store.close();
  });

  it("that is begun again takes what the one that failed had found, and leaves no note that comes back later", async () => {
    const { where, theirs, eraser, decisions, left } = await erasing();
    if (decisions)
      decisions.onList = async (time) => {
        if (time === 2) throw new Error("no disk");
      };
    await expect(eraser.erase({ userId: "ann" })).rejects.toThrow("no disk");
    await eraser.erase({ userId: "ann" });
    for (const kind of ["trace", "decision", "feedback"] as const)
      expect(await left(kind)).toEqual(kind === "trace" ? [] : ["w2"]);
    expect((await readdir(where.traces)).filter((name) => name.includes("pending"))).toEqual([]);
    await theirs.close();
  });

  it("keeps no note that was half written when who erased died", async () => {
    const { where, theirs } = await erasing();
    await writeFile(join(where.traces, `erasure-${DEAD}.pending.0a1b2c3d.tmp`), '{"selector":{"userId":"ann');
    await (await openFileStore(where)).close();
    expect((await readdir(where.traces)).filter((name) => name.includes("pending"))).toEqual([]);
    await theirs.close();
  });
});
