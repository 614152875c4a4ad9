import { describe, expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { tryStore } from "./contract.js";
import { segment } from "./facts.js";

tryStore("memory store", { open: async (clock) => createMemoryStore({ clock }) });

describe("memory store: retention", () => {
  it("lets the oldest facts go", async () => {
    const clock = new ManualClock(Date.UTC(2026, 0, 1) + 86_400_000);
    const store = createMemoryStore({ clock });
    await store.append(
      "trace",
      [1, 2, 3, 4].map((n) => segment(n * 1000)),
    );
    clock.advance(2_000_000);
    expect(await store.retain({ maxAgeDays: 1 })).toBe(1);
    const { traces } = await store.sizes();
    expect(await store.retain({ maxBytes: traces - 1 })).toBe(1);
    expect(await store.retain({ maxBytes: traces })).toBe(0);
    const left: string[] = [];
    for await (const batch of store.read("trace")) left.push(...batch.facts.map((f) => f.workflowId));
    expect(left).toEqual(["w3000", "w4000"]);
  });
});
