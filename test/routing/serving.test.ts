import { describe, expect, it, vi } from "vitest";
import { routingArtifactName } from "../../src/policies/index.js";
import { createRouter } from "../../src/routing/index.js";
import { promote, trainedArtifact } from "./support/policy.js";
import { build, destinations, serving } from "./support/serving.js";
import { createWorld, taskConfig } from "./support/world.js";

describe("a promoted policy", () => {
  it("acts greedily without an exploration budget, and says what the fallback would have done", async () => {
    const { world, router, version } = await serving({ control: 0 });
    expect(await router.invoke({ topic: "invoice" }, taskConfig("1"))).toBe("billing");
    expect(await router.invoke({ topic: "crash" }, taskConfig("2"))).toBe("tech");
    expect(world.sink.written[0]).toMatchObject({
      chosen: "billing",
      propensity: 1,
      source: "policy",
      mode: "act",
      policyVersion: version,
      fallbackChoice: "sales",
    });
    expect(world.sink.written[0]).not.toHaveProperty("fallbackReason");
  });

  it("goes on in graphs that are built anew for each request: one feed, one count, one canary", async () => {
    const options = { control: 0, canary: { share: 0.5, decisions: 10 } };
    const { world, router } = await serving(options);
    const watch = vi.spyOn(world.registry, "listen");
    for (let i = 0; i < 40; i++) await build(world, options).invoke({ topic: "invoice" }, taskConfig(`r${i}`));
    expect(watch).not.toHaveBeenCalled();
    expect(router.status().decisions).toBe(40);
    expect(world.sink.written.slice(10).map((d) => d.source)).toEqual(Array(30).fill("policy"));
    // Two routers of one name in one task make two decisions.
    const config = taskConfig("both");
    for (const one of [router, build(world)]) await one.invoke({ topic: "crash" }, config);
    expect(new Set(world.sink.written.map((d) => d.decisionId)).size).toBe(42);
  });

  it("is asked with the context as it is kept and learned from, which redaction may have changed", async () => {
    const { world, router } = await serving({ control: 0 });
    Object.assign(world.sink, { asKept: () => ({ topic: "crash" }) });
    expect(await router.invoke({ topic: "invoice" }, taskConfig("1"))).toBe("tech");
    expect((await router.advise({ topic: "invoice" })).destination).toBe("tech");
    expect(world.sink.written[0]?.context).toEqual({ topic: "invoice" });
  });

  it("explores inside its budget, with exact propensities", async () => {
    const { world, router } = await serving({ exploration: 0.1, control: 0 });
    for (let i = 0; i < 1000; i++) await router.invoke({ topic: "invoice" }, taskConfig(`r${i}`));
    const away = world.sink.written.filter((d) => d.chosen !== "billing");
    expect(away.length / 1000).toBeCloseTo(0.1, 1);
    for (const d of world.sink.written) expect(d.propensity).toBeCloseTo(d.chosen === "billing" ? 0.9 : 0.05, 12);
  });

  it("never explores a destination below the reward floor, and gives way where even its best is", async () => {
    const floor = await serving({ exploration: 0.5, rewardFloor: 0, fallback: () => "sales" });
    for (let i = 0; i < 200; i++) await floor.router.invoke({ topic: "price" }, taskConfig(`r${i}`));
    expect(new Set(floor.world.sink.written.map((d) => d.chosen))).toEqual(new Set(["sales"]));
    expect(floor.world.sink.written[0]?.expectedRewards).toHaveLength(3);

    // An upper-bound policy prefers the destination that was hardly tried, however little it is expected to earn.
    const tried = trainedArtifact("triage", ["tech", "sales"], { kind: "linucb", alpha: 50 });
    const curious = { ...tried, candidates: [...destinations] };
    const gives = await serving({ rewardFloor: 0.1, fallback: () => "tech" }, curious);
    expect(await gives.router.invoke({ topic: "invoice" }, taskConfig("1"))).toBe("tech");
    expect(gives.world.sink.written[0]).toMatchObject({ fallbackReason: "reward-floor", propensity: 1 });
  });

  it("leaves its control share to the fallback, with the mixture's propensities", async () => {
    const { world, router } = await serving({ control: 0.2 });
    for (let i = 0; i < 1000; i++) await router.invoke({ topic: "crash" }, taskConfig(`control-${i}`));
    const decisions = world.sink.written;
    const held = decisions.filter((d) => d.fallbackReason === "control");
    expect(Math.abs(held.length / 1000 - 0.2)).toBeLessThan(0.05);
    for (const d of decisions) expect(d.propensity).toBeCloseTo(d.source === "fallback" ? 0.2 : 0.8, 12);
  });

  it("keeps to its canary share at first, with the mixture's propensities", async () => {
    const { world, router } = await serving({ canary: { share: 0.25, decisions: 800 }, control: 0 });
    for (let i = 0; i < 1000; i++) await router.invoke({ topic: "invoice" }, taskConfig(`r${i}`));
    const [canary, after] = [world.sink.written.slice(0, 800), world.sink.written.slice(800)];
    expect(canary.filter((d) => d.source === "policy").length / 800).toBeCloseTo(0.25, 1);
    for (const d of canary) expect(d.propensity).toBeCloseTo(d.chosen === "billing" ? 0.25 : 0.75, 12);
    expect(canary.find((d) => d.source === "fallback")?.fallbackReason).toBe("canary");
    expect(after.every((d) => d.source === "policy" && d.propensity === 1)).toBe(true);
  });

  it("waits for whatever can be awaited: a fallback's thenable that is no promise", async () => {
    const kept = Promise.resolve("sales");
    // biome-ignore lint/suspicious/noThenProperty: as query builders have it, without catch and finally
    const lazy = { then: (resolve: (destination: string) => void) => void kept.then(resolve) };
    const { router } = await serving({ mask: () => [] as never, fallback: () => lazy as never });
    expect(await router.invoke({ topic: "invoice" }, taskConfig("1"))).toBe("sales");
  });

  it("logs the features of the destinations, and doubts broken ones", async () => {
    const features = { billing: { dollars: 1 }, tech: { dollars: 2 }, sales: { dollars: 3 } };
    const { world, router } = await serving({ candidateFeatures: features, control: 0 });
    await router.invoke({ topic: "invoice" }, taskConfig("1"));
    expect(world.sink.written[0]).toMatchObject({ chosen: "billing", candidateFeatures: features });
    const moving = await serving({ candidateFeatures: (s) => ({ ...features, tech: { dollars: s.topic.length } }) });
    await moving.router.invoke({ topic: "crash" }, taskConfig("1"));
    expect(moving.world.sink.written[0]?.candidateFeatures?.tech).toEqual({ dollars: 5 });
    const broken = await serving({ candidateFeatures: () => ({ ...features, tech: { dollars: Number.NaN } }) });
    expect(await broken.router.invoke({ topic: "crash" }, taskConfig("1"))).toBe("sales");
    expect(broken.world.sink.written[0]?.fallbackReason).toBe("context-error");
    const fixed = { ...features, tech: { dollars: Number.NaN } };
    await expect(serving({ candidateFeatures: fixed })).rejects.toThrow('candidateFeatures of "tech"');
  });

  it("gives way on a field that training did not know, and still explores there", async () => {
    const { world, router } = await serving({ context: (s) => ({ topic: s.topic, vip: true }) });
    expect(await router.invoke({ topic: "invoice" }, taskConfig("1"))).toBe("sales");
    expect(world.sink.written[0]).toMatchObject({ fallbackReason: "context-error", context: { vip: true } });
    expect(world.log.join()).toContain("field vip");
    const exploring = await serving({ context: (s) => ({ topic: s.topic, vip: true }), exploration: 1 });
    await exploring.router.invoke({ topic: "invoice" }, taskConfig("1"));
    expect(exploring.world.sink.written[0]).toMatchObject({ source: "exploration" });
    expect(exploring.world.sink.written[0]?.propensity).toBeCloseTo(1 / 3, 12);
  });

  it("goes on where it was not trained with what other decision points chose", async () => {
    const { world, router, version } = await serving({ control: 0 });
    const other = { decisionPoint: "before", destinations: ["a", "b"] as const, context: () => ({}) };
    await createRouter({ ...other, fallback: () => "b" }, world.deps).invoke({}, taskConfig("1"));
    expect(await router.invoke({ topic: "invoice" }, taskConfig("1"))).toBe("billing");
    expect(world.sink.written[1]).toMatchObject({
      ...{ chosen: "billing", source: "policy", policyVersion: version },
      context: { topic: "invoice", "chosen at before": "b" },
    });
  });

  it("asks a fallback that answers by promise for twice its control share, and follows half of that", async () => {
    let asked = 0;
    const fallback = async () => {
      asked++;
      return "sales" as const;
    };
    const { router, world } = await serving({ fallback, control: 0.1 });
    for (let i = 0; i < 1000; i++) await router.invoke({ topic: "invoice" }, taskConfig(`r${i}`));
    const compared = world.sink.written.filter((d) => d.fallbackChoice !== undefined);
    expect(compared).toHaveLength(asked - 1); // the first answer only told that it is a promise
    expect(Math.abs(compared.length / 1000 - 0.2)).toBeLessThan(0.04);
    expect(Math.abs(compared.filter((d) => d.chosen === "sales").length / 1000 - 0.1)).toBeLessThan(0.03);
    for (const d of compared) expect(d).toMatchObject({ probabilities: [0.5, 0, 0.5], control: 0.5 });
    const rest = world.sink.written.filter((d) => d.fallbackChoice === undefined);
    for (const d of rest) expect(d).toMatchObject({ probabilities: [1, 0, 0], chosen: "billing" });
    expect(rest[0]).not.toHaveProperty("control");
  });

  it("does not wait for a fallback that hangs where it need not be asked", async () => {
    const { router } = await serving({ fallback: () => new Promise<never>(() => {}), control: 0 });
    for (let i = 0; i < 3; i++) expect(await router.invoke({ topic: "invoice" }, taskConfig(`r${i}`))).toBe("billing");
  });

  it("never prefers a destination that came after its training, and explores it inside the budget", async () => {
    // Tickets about prices fare badly with both teams it knows: whatever is new looks better to it.
    const artifact = trainedArtifact("triage", ["billing", "tech"]);
    const { router } = await serving({ fallback: () => "tech" }, artifact);
    for (let i = 0; i < 50; i++) expect(await router.invoke({ topic: "price" }, taskConfig(`r${i}`))).not.toBe("sales");
    const exploring = await serving({ fallback: () => "tech", exploration: 0.3, control: 0 }, artifact);
    for (let i = 0; i < 50; i++) await exploring.router.invoke({ topic: "price" }, taskConfig(`r${i}`));
    for (const d of exploring.world.sink.written) expect(d.probabilities?.[2]).toBeCloseTo(0.1, 1);
    expect((await exploring.router.advise({ topic: "price" })).destination).not.toBe("sales");

    const strangers = await serving({ fallback: () => "tech" }, trainedArtifact("triage", ["x", "y", "z"]));
    expect(await strangers.router.invoke({ topic: "price" }, taskConfig("1"))).toBe("tech");
    expect(strangers.world.sink.written[0]).toMatchObject({ fallbackReason: "unknown-destination" });
  });

  it("is watched over: a failing fallback, asked for comparison, does not stop it", async () => {
    const { router, world } = await serving({
      fallback: () => {
        throw new Error("down");
      },
    });
    expect(await router.invoke({ topic: "invoice" }, taskConfig("1"))).toBe("billing");
    expect(world.log.join()).toContain("asked for comparison");
  });

  it("that is damaged never serves, and what served before goes on", async () => {
    const { world, router } = await serving();
    await promote(world.registry, { ...trainedArtifact("triage", destinations), policy: { kind: "no", version: 9 } });
    await router.ready();
    expect(await router.invoke({ topic: "invoice" }, taskConfig("1"))).toBe("billing");
    expect(world.log.join()).toContain("cannot be served");
  });

  it("that fails while serving gives way", async () => {
    const artifact = trainedArtifact("triage", destinations);
    const { world, router } = await serving({}, artifact);
    world.clock.monotonic = (
      (t) => () =>
        (t += 1000)
    )(0);
    expect(await router.invoke({ topic: "invoice" }, taskConfig("1"))).toBe("sales");
    expect(world.sink.written[0]?.fallbackReason).toBe("time-budget");
  });
});

describe("versions and modes", () => {
  const other = () => trainedArtifact("triage", destinations, { kind: "epsilon-greedy" }, () => "tech");

  it("a run keeps the version it began with; a roll-back overrides", async () => {
    const { world, router, version } = await serving();
    const inRun = (task: string, run: string) => {
      const config = taskConfig(task);
      return router.invoke({ topic: "invoice" }, { ...config, metadata: { ...config.metadata, workflowId: run } });
    };
    expect(await inRun("1", "old")).toBe("billing");
    const next = await promote(world.registry, other());
    await router.ready();
    expect(await inRun("2", "old")).toBe("billing");
    expect(await inRun("3", "new")).toBe("tech");
    expect(world.sink.written.map((d) => d.policyVersion)).toEqual([version, version, next]);
    await world.registry.rollback(routingArtifactName("triage"));
    expect(await inRun("4", "new")).toBe("billing");
    await world.registry.rollback(routingArtifactName("triage"));
    expect(await inRun("5", "new")).toBe("sales");
    expect(world.sink.written.at(-1)).toMatchObject({ mode: "shadow", source: "fallback" });
  });

  it("a run that began without a policy stays in shadow", async () => {
    const world = createWorld();
    const router = build(world);
    const config = taskConfig("1");
    await router.invoke({ topic: "invoice" }, config);
    await promote(world.registry, other());
    await router.ready();
    await router.invoke({ topic: "invoice" }, { ...taskConfig("2"), metadata: config.metadata });
    await router.invoke({ topic: "invoice" }, taskConfig("3"));
    expect(world.sink.written.map((d) => d.mode)).toEqual(["shadow", "shadow", "act"]);
  });

  it("a champion promoted before the router was made serves as well", async () => {
    const world = createWorld();
    await promote(world.registry, other());
    const router = build(world);
    await router.ready();
    expect(await router.invoke({ topic: "invoice" }, taskConfig("1"))).toBe("tech");
  });

  it("a champion promoted before the router was made serves its first decision, however the reading takes", async () => {
    const world = createWorld();
    const version = await promote(world.registry, trainedArtifact("triage", destinations));
    const { load } = world.registry;
    world.registry.load = async (...of) => {
      for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
      return load.call(world.registry, ...of);
    };
    const router = build(world, { control: 0 });
    expect(await router.invoke({ topic: "crash" }, taskConfig("1"))).toBe("tech");
    expect(world.sink.written[0]).toMatchObject({ mode: "act", source: "policy", policyVersion: version });
    expect(await build(world, { control: 0 }).advise({ topic: "crash" })).toMatchObject({ policyVersion: version });
  });

  it("a champion that is not read within the time budget gives way, and is logged as what it is", async () => {
    const world = createWorld();
    await promote(world.registry, trainedArtifact("triage", destinations));
    world.registry.load = () => new Promise(() => {});
    const router = build(world);
    const first = router.invoke({ topic: "crash" }, taskConfig("1"));
    world.clock.advance(100);
    expect(await first).toBe("sales");
    expect(world.sink.written[0]).toMatchObject({ mode: "act", source: "fallback", fallbackReason: "time-budget" });
    expect(router.status().mode).toBe("act");
    world.disable();
    expect(await router.invoke({ topic: "crash" }, taskConfig("2"))).toBe("sales");
  });

  it("modes set by hand win: act without a policy falls back, shadow and advise leave it to the fallback", async () => {
    const bare = createWorld();
    const unpromoted = build(bare, { mode: "act", exploration: 1 });
    expect(await unpromoted.invoke({ topic: "invoice" }, taskConfig("1"))).toBe("sales");
    expect(bare.sink.written[0]).toMatchObject({ fallbackReason: "no-policy", propensity: 1, mode: "act" });

    const { world, router, version } = await serving();
    world.deps.modes.set("triage", "shadow");
    expect(await router.invoke({ topic: "invoice" }, taskConfig("1"))).toBe("sales");
    expect(world.sink.written.at(-1)).toMatchObject({ mode: "shadow", policyVersion: version });
    world.deps.modes.set("triage", "advise");
    expect(await router.invoke({ topic: "invoice" }, taskConfig("2"))).toBe("sales");
    expect(world.sink.written.at(-1)).toMatchObject({ mode: "advise", source: "fallback" });
    expect(world.sink.written.at(-1)).not.toHaveProperty("propensity");
  });
});

describe("advice", () => {
  it("names the best destination with expected rewards, confidence and reasons, and records nothing", async () => {
    const { world, router, version } = await serving();
    const advice = await router.advise({ topic: "invoice" });
    expect(advice).toMatchObject({ destination: "billing", source: "policy", policyVersion: version });
    expect(advice.actions[0]).toMatchObject({ destination: "billing", expectedReward: expect.closeTo(1, 0) });
    expect(advice.confidence).toBeGreaterThan(0.99);
    expect(advice.why).toContain("topic");
    expect(Object.values(advice.probabilities).reduce((a, b) => a + b)).toBeCloseTo(1, 9);
    expect(world.sink.written).toEqual([]);
  });

  it("is the fallback's word, without confidence, where no policy may speak", async () => {
    const world = createWorld();
    const advice = await build(world).advise({ topic: "invoice" });
    expect(advice).toMatchObject({ destination: "sales", source: "fallback", confidence: 0 });
    expect(advice.why).toContain("no policy");
  });
});
