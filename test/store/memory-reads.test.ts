import { describe, expect, it, vi } from "vitest";
import { createMemoryStore } from "../../src/store/index.js";
import { decision } from "../feedback/support.js";

describe("a memory store with many facts", () => {
  it("looks at those of a run alone, or at those behind a cursor alone", async () => {
    const store = createMemoryStore();
    const facts = Array.from({ length: 2000 }, (_, i) => decision(`w${i % 1000}`, `d${i}`));
    await store.append("decision", facts);
    let cursor = "";
    for await (const batch of store.read("decision", { limit: 1990 })) ({ cursor } = batch);
    const from = "2026-01-01T00:00:00.000Z";
    // Each fact that is looked at has its time compared.
    const parse = vi.spyOn(Date, "parse");
    const idsIn = async (query: object) => {
      parse.mockClear();
      const ids: string[] = [];
      for await (const batch of store.read("decision", { ...query, from }))
        ids.push(...batch.facts.map((f) => f.decisionId));
      return { ids, looks: parse.mock.calls.length };
    };
    const ofRun = await idsIn({ workflowId: "w7" });
    expect(ofRun.ids).toEqual(["d7", "d1007"]);
    expect(ofRun.looks).toBeLessThan(20);
    const behind = await idsIn({ after: cursor });
    expect(behind.ids).toEqual(Array.from({ length: 10 }, (_, i) => `d${1990 + i}`));
    expect(behind.looks).toBeLessThan(60);
    await store.erase({ workflowId: "w7" });
    expect((await idsIn({ workflowId: "w7" })).ids).toEqual([]);
    expect((await idsIn({ workflowId: "w8" })).ids).toEqual(["d8", "d1008"]);
    parse.mockRestore();
  });
});
