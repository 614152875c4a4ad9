import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STATE_CUT, type TraceSegment } from "../../src/core/index.js";
import { factOf, LineEncoder, openLine } from "../../src/store/file/fact-line.js";
import { parseLine } from "../../src/store/file/segment-scan.js";
import { openFileStore } from "../../src/store/index.js";
import { segment } from "./facts.js";

const aState = fc.option(
  fc.oneof(
    fc.json(),
    fc.string({ unit: "binary" }).map((s) => JSON.stringify(s)),
    fc.json().map((s) => s.slice(0, 9) + STATE_CUT),
    fc.constant('"],\\"states\\":["'),
  ),
  { nil: undefined },
);

const tracesWithStates = fc
  .array(fc.record({ input: aState, update: aState }), { maxLength: 6 })
  .map((states): TraceSegment => {
    const nodes = states.map(({ input, update }, i) => ({
      name: `n${i}`,
      path: [],
      step: i,
      taskId: `t${i}`,
      attempt: 1,
      startedAt: "2026-01-01T00:00:00.000Z",
      durationMs: 1,
      status: "success" as const,
      ...(input !== undefined && { input }),
      ...(update !== undefined && { update }),
    }));
    return { ...segment(1), metadata: { note: ',"states":[1]' }, nodes };
  });

/** A node whose update is this text. */
const nodeWith = (update: string) => ({
  name: "n",
  path: [],
  step: 1,
  taskId: "t",
  attempt: 1,
  startedAt: "2026-01-01T00:00:00.000Z",
  durationMs: 1,
  status: "success" as const,
  update,
});

const textOf = (data: Uint8Array) => new TextDecoder().decode(data);
/** The fact in a line, as it lies on disk. */
const read = (data: Uint8Array) => factOf(openLine(Buffer.from(data.slice(0, -1))) ?? "damaged");

describe("a trace as a line of a segment", () => {
  it("comes back as it was, and is one line of JSON whose whole states are JSON themselves", () => {
    const encoder = new LineEncoder();
    fc.assert(
      fc.property(tracesWithStates, (trace) => {
        const { data, bytes } = encoder.encodeTraced("trace", trace);
        const text = textOf(data);
        expect(bytes).toBe(Buffer.byteLength(text) - 1);
        expect(text.indexOf("\n")).toBe(text.length - 1);
        expect(read(data)).toEqual(trace);
        const plain = JSON.parse(text) as { states?: unknown[]; nodes: { update?: number | string }[] };
        plain.nodes.forEach(({ update }, i) => {
          const given = trace.nodes[i]?.update;
          if (typeof update === "number") expect(plain.states?.[update]).toEqual(JSON.parse(given as string));
          else expect(update).toBe(given);
        });
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it("may be larger than a chunk, and what was written before it stays", () => {
    const encoder = new LineEncoder();
    const sized = (n: number) => segment(n, { nodes: [nodeWith(JSON.stringify("é€".repeat(n)))] });
    const traces = [10, 200_000, 20, 60_000, 70_000, 1].map(sized);
    const lines = traces.map((trace) => encoder.encodeTraced("trace", trace));
    expect(
      lines.map(({ data }) => isDeepStrictEqual(read(data), traces[lines.findIndex((l) => l.data === data)])),
    ).toEqual(traces.map(() => true));
  });

  it("tells any changed byte by its checksum, and reads lines that have none", () => {
    const trace = segment(1, { nodes: [nodeWith('{"a":1}')] });
    const { data } = new LineEncoder().encodeTraced("trace", trace);
    fc.assert(
      fc.property(fc.nat(data.length - 2), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const line = Buffer.from(data.slice(0, -1));
        line[at] = line[at]! ^ change;
        const parsed = parseLine("trace", line);
        // Where the checksum's own name is hit, the rest is whole.
        if (parsed.state !== "damaged") expect(parsed).toMatchObject({ state: "fact", fact: trace });
      }),
      { seed: 1, numRuns: 500 },
    );
    expect(openLine(Buffer.from('{"a":1}'))).toBe('{"a":1}');
  });

  it("is read with the line ends and the byte order mark of other systems", () => {
    const trace = segment(1, { nodes: [nodeWith('{"a":1}')] });
    const line = Buffer.from(new LineEncoder().encodeTraced("trace", trace).data.slice(0, -1));
    const mark = Buffer.from("\ufeff");
    for (const parts of [
      [line, Buffer.from("\r")],
      [mark, line],
      [mark, line, Buffer.from("\r")],
    ])
      expect(parseLine("trace", Buffer.concat(parts))).toMatchObject({ state: "fact", fact: trace });
    expect(parseLine("trace", Buffer.from("\r"))).toEqual({ state: "blank" });
  });

  it.each([
    ["a length too much", '{"stateLengths":[2,2],"states":[{}],"schemaVersion":1}'],
    ["a length too small", '{"stateLengths":[1],"states":[{}],"schemaVersion":1}'],
    ["no states", '{"stateLengths":[2],"schemaVersion":1}'],
  ])("is refused with %s", (_, text) => {
    expect(() => factOf(text)).toThrow(SyntaxError);
  });

  it("lies in the store beside those written without, and any text may be appended as a state", async () => {
    const root = await mkdtemp(join(tmpdir(), "store-"));
    const where = { traces: join(root, "t"), feedback: join(root, "f"), models: join(root, "m") };
    const store = await openFileStore(where);
    const withState = (n: number, update: string) => segment(n, { nodes: [nodeWith(update)] });
    const traced = withState(1, '{"a":1}');
    const foreign = withState(2, "no JSON\nat all");
    await store.append("trace", [store.encode?.("trace", traced) ?? traced, foreign]);
    const [name] = (await readdir(where.traces)).filter((f) => f.endsWith(".jsonl"));
    const lines = (await readFile(join(where.traces, name), "utf8")).trim().split("\n");
    expect(JSON.parse(lines[0])).toMatchObject({ states: [{ a: 1 }], nodes: [{ update: 0 }] });
    const found: TraceSegment[] = [];
    for await (const { facts } of store.read("trace")) found.push(...facts);
    expect(found).toEqual([traced, foreign]);
    await store.close();
  });
});
