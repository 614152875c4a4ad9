import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { TraceSegment } from "../../src/core/index.js";
import { importOtlp } from "../../src/integrations/otlp/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { request, type SpanGiven } from "./otlp-support.js";

const folder = mkdtempSync(join(tmpdir(), "many-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a file of spans becomes. */
async function imported(spans: SpanGiven[]) {
  const store = createMemoryStore();
  const file = join(folder, "many.json");
  writeFileSync(file, JSON.stringify(request(1, spans)));
  const counts = await importOtlp(file, { store });
  const segments: TraceSegment[] = [];
  for await (const { facts } of store.read("trace")) segments.push(...facts);
  return { counts, segment: segments[0] };
}

it("spans of any number and depth take time by their number, not by its square", async () => {
  const of = (shape: (i: number, n: number) => number | undefined, kind: string, n: number) =>
    Array.from({ length: n }, (_, i): SpanGiven => {
      const parent = shape(i, n);
      const attributes = { "gen_ai.operation.name": i === 0 ? "invoke_agent" : kind, "gen_ai.agent.name": "a" };
      return { id: i + 1, ...(parent !== undefined && { parent }), at: 10 * i, for: 5, attributes };
    });
  const below = (i: number) => (i === 0 ? undefined : i);
  const under = (i: number) => (i === 0 ? undefined : 1);
  const round = (i: number, n: number) => (i === 0 ? n : i);
  const deep = (await imported(of(below, "invoke_agent", 10_000))).segment;
  expect(deep?.nodes).toHaveLength(101);
  expect(deep?.gaps).toContain("9898 nodes lie below more than 100 others, and were left out");
  expect((await imported(of(below, "chat", 10_000))).segment?.modelCalls).toHaveLength(9999);
  const wide = (await imported(of(under, "invoke_agent", 10_000))).segment;
  expect([wide?.nodes.length, wide?.nodes.at(-1)?.step]).toEqual([9999, 9999]);
  // Spans that stand in a circle have no beginning.
  expect((await imported(of(round, "invoke_agent", 10_000))).counts).toMatchObject({ imported: 0, skipped: 1 });
});
