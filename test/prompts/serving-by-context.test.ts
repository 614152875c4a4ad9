import { describe, expect, it } from "vitest";
import { createRng } from "../../src/math/rng.js";
import { openWorld, supportPrompt, twoVersions } from "./support/world.js";

/** Two segments that want different versions, served by an experiment until a policy is learned. */
async function segmentsLearned(world: Awaited<ReturnType<typeof openWorld>>, [v1, v2]: readonly [string, string]) {
  await world.prompts.startExperiment({ promptId: "support", variants: [v1, v2], minimumEffect: 0.01, guardrails: [] });
  const rng = createRng("segments");
  for (let i = 0; i < 240; i++) {
    const segment = i % 2 ? "formal" : "casual";
    await world.run("support", `s${i}`, (v) => ((v === v1) === (segment === "formal") ? 1 : rng.int(2) * 0.3), {
      segment,
    });
  }
  const learned = await world.prompts.learnPolicy("support");
  await world.prompts.stopExperiment("support", "learned");
  return learned;
}

describe("a contextual policy", () => {
  it("gives way to a version that people promote or roll back to afterwards", async () => {
    const world = await openWorld();
    const [v1, v2] = await twoVersions(world);
    expect((await segmentsLearned(world, [v1, v2]))?.better).toBe(true);
    const versions = async (name: string) => {
      const served = await Promise.all(
        Array.from({ length: 30 }, (_, i) =>
          world.prompts.get("support", { segment: i % 2 ? "formal" : "casual" }, world.config(`${name}${i}`)),
        ),
      );
      return new Set(served.map((s) => s.version));
    };
    expect(await versions("a")).toEqual(new Set([v1, v2]));
    world.clock.advance(1000);
    await world.prompts.promote("support", v2, "by hand");
    expect(await versions("b")).toEqual(new Set([v2]));
    const again = await openWorld({}, world.store);
    expect((await again.prompts.get("support", { segment: "formal" }, world.config("c"))).version).toBe(v2);
  });

  it("serves in other processes once they follow, and nowhere after it was rolled back or when it cannot be read", async () => {
    const world = await openWorld();
    const versions = await twoVersions(world);
    const other = await openWorld({}, world.store);
    expect((await segmentsLearned(world, versions))?.better).toBe(true);
    let n = 0;
    const casual = async ({ prompts, config }: typeof world) =>
      (await prompts.get("support", { segment: "casual" }, config(`f${n++}`))).version;
    const mostly = async (w: typeof world) => {
      const all = await Promise.all(Array.from({ length: 20 }, () => casual(w)));
      return all.filter((v) => v === versions[1]).length > 15;
    };
    await other.registry.refresh();
    expect(await mostly(other)).toBe(false);
    await other.prompts.follow();
    expect(await mostly(other)).toBe(true);
    const load = (name: string, version: string) =>
      name.startsWith("prompt-policy/") ? Promise.reject(new Error("damaged")) : other.registry.load(name, version);
    const third = await openWorld({ registry: { ...other.registry, load } as typeof other.registry }, world.store);
    expect(await mostly(third)).toBe(false);
    await other.registry.rollback("prompt-policy/support", "by hand");
    expect(await mostly(other)).toBe(false);
  });

  it("is learned from the latest experiment when an earlier one had other versions", async () => {
    const world = await openWorld();
    const [v1, v2] = await twoVersions(world);
    const v3 = await world.prompts.register("support", supportPrompt("Answer in verse."));
    await world.prompts.startExperiment({ promptId: "support", variants: [v1, v3], guardrails: [] });
    for (let i = 0; i < 60; i++) await world.run("support", `e${i}`, () => i % 2, { segment: "formal" });
    await world.prompts.stopExperiment("support", "enough");
    expect(await segmentsLearned(world, [v1, v2])).toMatchObject({ better: true });
  });

  it("is learned by the loop's cycle once segments differ beyond doubt", async () => {
    const world = await openWorld();
    const [v1, v2] = await twoVersions(world);
    await world.prompts.startExperiment({
      promptId: "support",
      variants: [v1, v2],
      minimumEffect: 0.3,
      guardrails: [],
    });
    for (let i = 0; i < 400; i++) {
      const segment = i % 2 ? "formal" : "casual";
      await world.run("support", `s${i}`, (v) => ((v === v1) === (segment === "formal") ? 0.9 : 0.4), { segment });
    }
    const report = await world.prompts.refresh();
    expect(report.experiments[0]).toMatchObject({ ended: true });
    expect(report.policies).toMatchObject([{ promptId: "support" }]);
    expect((await world.prompts.get("support", { segment: "casual" }, world.config("x"))).version).toBe(v2);
  });
});

describe("a promoted version that a contextual policy gives only the hard cases", () => {
  it("is not taken for one that has fallen behind", async () => {
    const world = await openWorld();
    const [v1, v2] = await twoVersions(world);
    await world.prompts.startExperiment({ promptId: "support", variants: [v1, v2], guardrails: [] });
    const serve = async (name: string, count: number) => {
      for (let i = 0; i < count; i++) {
        const segment = i % 2 ? "easy" : "hard";
        const score = (v: string) => (segment === "easy" ? (v === v1 ? 1 : 0.85) : v === v1 ? 0 : 0.3);
        await world.run("support", `${name}${i}`, score, { segment });
      }
      return world.prompts.refresh();
    };
    const ended = await serve("e", 3000);
    expect(ended.promoted).toEqual([{ promptId: "support", version: v2 }]);
    expect(ended.policies).toHaveLength(1);
    expect((await serve("p", 300)).rolledBack).toEqual([]);
    expect((await world.prompts.get("support", { segment: "easy" }, world.config("x"))).version).toBe(v1);
  });
});
