import { describe, expect, it } from "vitest";
import { serving } from "./support/serving.js";
import { taskConfig } from "./support/world.js";

describe("a mask", () => {
  it("is respected", async () => {
    const { world, router } = await serving({ exploration: 1, mask: () => ({ billing: false }) });
    for (let i = 0; i < 50; i++) await router.invoke({ topic: "invoice" }, taskConfig(`r${i}`));
    expect(world.sink.written.some((d) => d.chosen === "billing")).toBe(false);
    expect(world.sink.written[0]).toMatchObject({ mask: [false, true, true] });
    expect(world.sink.written[0]?.probabilities?.[0]).toBe(0);
  });

  it("tells once that the mask forbids what is no destination, as one that several routers share does", async () => {
    const { world, router } = await serving({ exploration: 1, mask: () => ({ biling: false, tech: false }) as never });
    for (let i = 0; i < 50; i++) await router.invoke({ topic: "invoice" }, taskConfig(`r${i}`));
    const warnings = world.log.filter((line) => line.includes("mask"));
    expect(warnings).toEqual([expect.stringMatching(/^warn: .*the mask forbids "biling".*the nearest is billing/)]);
    expect(world.sink.written[0]).toMatchObject({ mask: [true, false, true] });
  });

  it.each<[string, unknown]>([
    ["a list", [false, true, true]],
    ["a Map", new Map([["billing", false]])],
    ["a Set", new Set(["sales"])],
    ["0 for false", { billing: 0 }],
    ["a text for false", { billing: "false" }],
  ])("tries nothing under a mask that forbids nothing it seems to forbid: %s", async (_, mask) => {
    const { world, router } = await serving({ exploration: 1, mask: () => mask as never });
    for (let i = 0; i < 20; i++) await router.invoke({ topic: "crash" }, taskConfig(`r${i}`));
    for (const d of world.sink.written)
      expect(d).toMatchObject({ chosen: "sales", source: "fallback", fallbackReason: "context-error" });
  });
});
