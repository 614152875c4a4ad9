import { describe, expect, it } from "vitest";
import { waitingApprovals } from "../../src/registry/approvals.js";
import { openWorld, twoVersions } from "./support/world.js";

describe("an experiment whose winner needs approval", () => {
  /** Runs an experiment in which the second version is better beyond doubt. */
  async function proven(score = (isSecond: boolean, _segment: string): number => (isSecond ? 1 : 0)) {
    const world = await openWorld();
    const [v1, v2] = await twoVersions(world);
    await world.prompts.startExperiment({ promptId: "support", variants: [v1, v2], approval: "required" });
    for (let i = 0; i < 120; i++) {
      const segment = i % 2 ? "formal" : "casual";
      await world.run("support", `w${i}`, (v) => score(v === v2, segment), { segment });
    }
    return { world, v1, v2, report: await world.prompts.refresh() };
  }

  it("lets it wait, serves it once a person agreed, and watches it from then on", async () => {
    const { world, v1, v2, report } = await proven();
    expect(report).toMatchObject({ promoted: [], waiting: [{ name: "prompt/support", version: v2 }] });
    expect((await world.prompts.get("support", {}, world.config("before"))).version).toBe(v1);
    const [waits] = await waitingApprovals(world.store.documents);
    expect(waits).toMatchObject({ name: "prompt/support", version: v2 });
    expect(waits?.reason).toMatch(/^winner: v2 after \d+ outcomes/);
    // Looking again asks nobody twice, and promotes nothing.
    expect(await world.prompts.refresh()).toMatchObject({ promoted: [], waiting: [], experiments: [] });
    expect(world.registry.champion("prompt/support")?.version).toBe(v1);

    await world.prompts.approve("prompt/support", v2, "alice: reads well");
    expect(await waitingApprovals(world.store.documents)).toEqual([]);
    expect(world.prompts.history("support").at(-1)).toMatchObject({ action: "promote", reason: "alice: reads well" });
    // A twentieth of new threads gets the version before, so that a winner that turns is found out.
    const served = await Promise.all(
      Array.from({ length: 200 }, (_, i) => world.prompts.get("support", {}, world.config(`after${i}`, `t${i}`))),
    );
    const kept = served.filter((s) => s.version === v1).length;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(30);
    for (let i = 0; i < 300; i++) await world.run("support", `late${i}`, (v) => (v === v2 ? 0 : 1));
    expect((await world.prompts.refresh()).rolledBack).toMatchObject([{ promptId: "support" }]);
  });

  it("lets a policy over versions wait as well, and serves it once a person agreed", async () => {
    const { world, v1, v2, report } = await proven((isSecond, segment) =>
      segment === "formal" ? (isSecond ? 1 : 0) : isSecond ? 0.6 : 0.75,
    );
    const policy = report.waiting.find((w) => w.name === "prompt-policy/support");
    expect(policy).toBeDefined();
    expect(report.policies).toEqual([]);
    expect(world.registry.champion("prompt-policy/support")).toBeUndefined();
    await world.prompts.approve("prompt-policy/support", policy?.version ?? "", "alice: plausible");
    const given = async (segment: string) =>
      (await world.prompts.get("support", { segment }, world.config(segment))).version;
    expect([await given("casual"), await given("formal")]).toEqual([v1, v2]);
    expect((await waitingApprovals(world.store.documents)).map((a) => a.name)).not.toContain("prompt-policy/support");
  });
});
