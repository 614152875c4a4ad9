import { describe, expect, it } from "vitest";
import { ExperimentRun, parseDefinition } from "../../src/prompts/index.js";
import { createMemoryStore, factsAfter } from "../../src/store/index.js";
import { WorkflowTracer } from "../../src/tracing/index.js";
import { openWorld, supportPrompt, twoVersions } from "./support/world.js";

describe("a run", () => {
  it("keeps the version it started with over a promotion, and gives it up after a roll-back", async () => {
    const world = await openWorld();
    const [v1, v2] = await twoVersions(world);
    const run = world.config("w1", "t1");
    expect((await world.prompts.get("support", {}, run)).version).toBe(v1);
    await world.prompts.promote("support", v2, "better");
    expect((await world.prompts.get("support", { later: true }, run)).version).toBe(v1);
    expect(world.pending).toHaveLength(1);
    expect((await world.prompts.get("support", {}, world.config("w2", "t1"))).version).toBe(v2);
    await world.prompts.rollback("support", "worse");
    expect((await world.prompts.get("support", {}, world.config("w2", "t1"))).version).toBe(v1);
  });
});

describe("an experiment", () => {
  it("without variants is refused in plain words", async () => {
    const { prompts } = await openWorld();
    const start = prompts.startExperiment({ promptId: "support" } as Parameters<typeof prompts.startExperiment>[0]);
    await expect(start).rejects.toThrow(/EXPERIMENT_INVALID.*variants/);
  });

  it("tells strata apart by what redaction leaves, and stores nothing else of them", async () => {
    const store = createMemoryStore();
    const sink = new WorkflowTracer({ store, redact: [{ path: "customer" }] });
    const world = await openWorld({ sink }, store);
    const [v1, v2] = await twoVersions(world);
    const stratifyBy = ["customer", "language"];
    await world.prompts.startExperiment({ promptId: "support", variants: [v1, v2], stratifyBy });
    await world.prompts.get("support", { customer: "Ann Lee", language: "de" }, world.config("w1"));
    await sink.flush();
    const [decision] = (await factsAfter(store, "decision")).facts;
    expect(decision?.context["prompt.stratum"]).toBe('["[redacted]","de",""]');
    expect(JSON.stringify(decision)).not.toContain("Ann");
    await sink.close();
  });

  it("that sticks to users knows them by whole numbers as well, and the nameless by their threads", async () => {
    const world = await openWorld();
    const [v1, v2] = await twoVersions(world);
    await world.prompts.startExperiment({ promptId: "support", variants: [v1, v2], sticky: "user" });
    const versions = async (userId: string | number) => {
      const served = Array.from({ length: 20 }, (_, i) =>
        world.prompts.get("support", { userId }, world.config(`${userId}/${i}`, `t${i}`)),
      );
      return new Set((await Promise.all(served)).map((s) => s.version));
    };
    expect((await versions(42)).size).toBe(1);
    expect((await versions("alice")).size).toBe(1);
    expect((await versions("")).size).toBe(2);
  });

  it("does not replace a version that took no part and was promoted while it ran", async () => {
    const world = await openWorld();
    const [v1, v2] = await twoVersions(world);
    const v3 = await world.prompts.register("support", supportPrompt("Answer in verse."));
    await world.prompts.startExperiment({ promptId: "support", variants: [v1, v2] });
    world.clock.advance(1000);
    await world.prompts.promote("support", v3, "by hand");
    for (let i = 0; i < 120; i++) {
      const segment = i % 2 ? "formal" : "casual";
      await world.run("support", `w${i}`, (v) => (v === v2 ? 1 : segment === "formal" ? 0.3 : 0), { segment });
    }
    const report = await world.prompts.refresh();
    expect(report).toMatchObject({ experiments: [{ ended: true }], promoted: [], policies: [] });
    expect((await world.prompts.get("support", { segment: "formal" }, world.config("x"))).version).toBe(v3);
  });
});

it.each([0, 0.5])("a share of %d still gets the version before the winner", async (watchShare) => {
  const world = await openWorld({ watchShare });
  const [v1, v2] = await twoVersions(world);
  await world.prompts.startExperiment({ promptId: "support", variants: [v1, v2] });
  for (let i = 0; i < 200; i++) await world.run("support", `w${i}`, (v) => (v === v2 ? 1 : 0));
  expect(await world.prompts.refresh()).toMatchObject({ promoted: [{ promptId: "support", version: v2 }] });
  const served = await Promise.all(
    Array.from({ length: 400 }, (_, i) => world.prompts.get("support", {}, world.config(`later${i}`))),
  );
  const before = served.filter((s) => s.version === v1).length / served.length;
  expect(Math.abs(before - watchShare)).toBeLessThan(watchShare === 0 ? Number.EPSILON : 0.1);
});

describe("two processes on one store", () => {
  it("see each other's experiments and versions at their next refresh, and overwrite nothing", async () => {
    const store = createMemoryStore();
    const one = await openWorld({}, store);
    const [v1, v2] = await twoVersions(one);
    const two = await openWorld({}, store);
    await one.prompts.startExperiment({ promptId: "support", variants: [v1, v2] });
    await two.prompts.refresh();
    expect((await two.prompts.get("support", {}, two.config("w"))).experiment).toBe("support#1");
    await two.prompts.stopExperiment("support", "elsewhere");
    await expect(one.prompts.startExperiment({ promptId: "support", variants: [v1, v2] })).resolves.toMatchObject({
      key: "support#2",
    });
    await two.prompts.refresh();
    const reopened = await openWorld({}, store);
    expect(reopened.prompts.experiments("support").map((e) => [e.key, e.ended?.reason])).toEqual([
      ["support#1", "stopped"],
      ["support#2", undefined],
    ]);
  });

  it("keep the versions of an experiment's threads over restarts, before any refresh", async () => {
    const { store, prompts } = await openWorld();
    for (const text of ["Answer.", "Answer with an example.", "Answer in verse."])
      await prompts.register("support", supportPrompt(text));
    const variants = ["v1", "v2", "v3"];
    await prompts.startExperiment({ promptId: "support", variants, allocation: "thompson", stratifyBy: ["topic"] });
    /** What a new process gives to all threads when the shares are so by then. */
    const given = async (run: string, v1: number, v2: number, v3: number) => {
      await store.documents.update<object[]>("prompts/experiments/support", (list = []) =>
        list.map((r) => ({ ...r, shares: { v1, v2, v3 } })),
      );
      const world = await openWorld({}, store);
      const versions: string[] = [];
      for (let n = 0; n < 60; n++) {
        const config = world.config(`${run}${n}`, `t${n}`);
        versions.push((await world.prompts.get("support", { topic: n % 3 ? "a" : "b" }, config)).version);
      }
      await store.append("decision", world.pending.splice(0));
      return versions;
    };
    const first = await given("a", 0.4, 0.3, 0.3);
    expect(await given("b", 0.1, 0.1, 0.8)).toEqual(first);
    // The first version leaves: whoever had it draws once more, and keeps that.
    const second = await given("c", 0, 0.7, 0.3);
    expect(second.map((v, n) => (first[n] === "v1" ? "v1" : v))).toEqual(first);
    expect(await given("d", 0, 0.2, 0.8)).toEqual(second);
  });

  it("never name a version that was not served", async () => {
    const store = createMemoryStore();
    const one = await openWorld({}, store);
    const [v1] = await twoVersions(one);
    const two = await openWorld({}, store);
    const broken = { ...two.registry, champion: () => ({ ...two.registry.champion("prompt/support"), version: "v9" }) };
    const three = await openWorld({ registry: broken as typeof two.registry }, store);
    const served = await three.prompts.get("support", {}, three.config("w"));
    const [decision] = three.pending;
    expect(decision?.chosen).toBe(served.version);
    const content = three.prompts.list("support").find((v) => v.version === served.version)?.content;
    const [system] = await served.template.formatMessages({ question: "?", language: "en" });
    expect(JSON.stringify(content)).toContain(system?.text);
    expect(v1).toBe("v1");
  });

  it("void an experiment whose definition was edited while it ran, at the next refresh", async () => {
    const world = await openWorld();
    const [v1, v2] = await twoVersions(world);
    await world.prompts.startExperiment({ promptId: "support", variants: [v1, v2] });
    await world.store.documents.update<{ definition: { alpha: number } }[]>(
      "prompts/experiments/support",
      (list = []) => {
        for (const record of list) record.definition.alpha = 0.4;
        return list;
      },
    );
    await world.prompts.refresh();
    expect(world.prompts.experiments("support")[0]?.ended).toMatchObject({ reason: "void" });
    expect((await world.prompts.get("support", {}, world.config("w"))).experiment).toBeUndefined();
  });
});

describe("performance over time", () => {
  it("has stretches of some length", async () => {
    const world = await openWorld();
    await twoVersions(world);
    await world.run("support", "w1", () => 1);
    await world.prompts.refresh();
    expect((await world.prompts.performance("support", 1000))[0]?.history).toMatchObject([{ runs: 1, mean: 1 }]);
    await expect(world.prompts.performance("support", 0)).rejects.toThrow(/PROMPT_INVALID.*stretchMs 0/);
  });
});

describe("late outcomes of a version that has left", () => {
  it("count towards the most that an experiment waits for", () => {
    const run = new ExperimentRun(parseDefinition({ promptId: "p", variants: ["v1", "v2", "v3"], maxOutcomes: 100 }));
    const probabilities = { v1: 1 / 3, v2: 1 / 3, v3: 1 / 3 };
    const add = (variant: string) => run.add({ variant, probabilities, reward: variant === "v1" ? 0 : 1, stratum: "" });
    for (let i = 0; i < 60; i++) add(`v${1 + (i % 3)}`);
    expect(run.remaining).toEqual(["v2", "v3"]);
    for (let i = 0; i < 100; i++) add("v1");
    expect(run.report()).toMatchObject({ verdict: "not-enough-data", outcomes: 100 });
  });
});

describe("a reward of one's own", () => {
  it("that is no number counts as unrated, and one outside [0,1] is refused: it could make false winners", async () => {
    let score = Number.NaN;
    const world = await openWorld({ reward: () => score });
    await twoVersions(world);
    await world.run("support", "w1", () => 1);
    expect(await world.prompts.performance("support")).toMatchObject([{ served: 1, rated: 0 }]);
    score = 7;
    await world.run("support", "w2", () => 1);
    await expect(world.prompts.performance("support")).rejects.toThrow(/CONFIG_INVALID.*reward 7 for the run/);
  });
});

describe("a store in trouble", () => {
  it("loses no outcome: what was read before the failure is read again", async () => {
    const world = await openWorld();
    const [v1, v2] = await twoVersions(world);
    let broken = false;
    const flaky = {
      ...world.store,
      read: ((kind, query) => {
        if (kind === "feedback" && broken) throw new Error("the disk is away");
        return world.store.read(kind, query);
      }) as typeof world.store.read,
    };
    const other = await openWorld({ store: flaky }, world.store);
    await world.prompts.startExperiment({ promptId: "support", variants: [v1, v2] });
    for (let i = 0; i < 50; i++) await world.run("support", `w${i}`, () => 1);
    broken = true;
    await expect(other.prompts.refresh()).rejects.toThrow("the disk is away");
    broken = false;
    expect((await other.prompts.refresh()).outcomes).toBe(50);
  });
});

describe("a version dropped by a guardrail", () => {
  it("is named as such, and the one left is not called a winner of rewards", () => {
    const run = new ExperimentRun(parseDefinition({ promptId: "p", variants: ["v1", "v2"] }));
    const probabilities = { v1: 0.5, v2: 0.5 };
    for (let i = 0; !run.decided; i++) {
      const variant = i % 2 ? "v1" : "v2";
      run.add({ variant, probabilities, reward: 0.5, stratum: "", failed: variant === "v2" && i % 4 === 0 });
    }
    const report = run.report();
    expect(report.variants[1]?.out).toEqual({ reason: "guardrail", by: "error" });
    expect(report.text).toMatch(/^v1 is left after \d+ outcomes: v2 broke the guardrail error$/);
  });
});
