import { describe, expect, it } from "vitest";
import type { DecisionSink } from "../../src/core/index.js";
import { createRng } from "../../src/math/rng.js";
import { PromptOptimizer } from "../../src/prompts/index.js";
import { openWorld, supportPrompt } from "./support/world.js";

const lucky = (p: Record<string, number>, seed: string) => {
  const rng = createRng(seed);
  return (version: string) => (rng.next() < (p[version] ?? 0) ? 1 : 0);
};

describe("prompts", () => {
  it("serve the first version, keep further ones back, and know each other again", async () => {
    const { prompts, config, pending } = await openWorld();
    expect(await prompts.register("support", supportPrompt())).toBe("v1");
    expect(await prompts.register("support", supportPrompt("Be kind."))).toBe("v2");
    expect(await prompts.register("support", supportPrompt())).toBe("v1");
    const served = await prompts.get("support", { topic: "refund", userId: "alice" }, config("w1"));
    expect(served).toMatchObject({ version: "v1", probability: 1 });
    const messages = await served.template.formatMessages({ question: "Where?", language: "en" });
    expect(messages[1]?.content).toBe("Where? (language: en)");
    expect(pending[0]).toMatchObject({
      workflowId: "w1",
      decisionPoint: "prompt/support",
      chosen: "v1",
      propensity: 1,
      context: { topic: "refund" },
    });
    expect(JSON.stringify(pending.map((d) => d.context))).not.toContain("alice");
    expect(prompts.list("support").map((v) => [v.version, v.serving, v.variables.join()])).toEqual([
      ["v1", true, "language,question"],
      ["v2", false, "language,question"],
    ]);
  });

  it("are registered once and serve their first version, when parts of a program or two programs begin together", async () => {
    const { prompts, store, config } = await openWorld();
    const elsewhere = await openWorld({}, store);
    const [same, again, other] = [supportPrompt(), supportPrompt(), supportPrompt("Be kind.")];
    const versions = await Promise.all([same, again, other].map((t) => prompts.register("support", t)));
    expect(versions).toEqual(["v1", "v1", "v2"]);
    expect(await elsewhere.prompts.register("support", supportPrompt("Be brief."))).toBe("v3");
    expect(await elsewhere.prompts.register("support", supportPrompt())).toBe("v1");
    for (const { prompts: one } of [{ prompts }, elsewhere])
      expect((await one.get("support", {}, config("w"))).version).toBe("v1");
    expect(prompts.history("support").filter((e) => e.action === "promote")).toHaveLength(1);
  });

  it("refuse unknown ids and templates with other variables", async () => {
    const { prompts } = await openWorld();
    await prompts.register("support", supportPrompt());
    await expect(prompts.get("sales")).rejects.toThrow(/PROMPT_INVALID.*"sales".*support/);
    await expect(prompts.register("support", supportPrompt("As {persona}, answer."))).rejects.toThrow(
      /extra variables persona/,
    );
    await expect(prompts.register("no spaces", supportPrompt())).rejects.toThrow(/plain id/);
  });

  it("survive save, load and use unchanged", async () => {
    const first = await openWorld();
    await first.prompts.register("support", supportPrompt("Keep {{these}} braces."));
    const second = await openWorld({}, first.store);
    const [a, b] = await Promise.all([first, second].map((w) => w.prompts.get("support", {}, w.config("w"))));
    const values = { question: "q", language: "l" };
    expect((await b?.template.formatMessages(values))?.map((m) => m.content)).toEqual(
      (await a?.template.formatMessages(values))?.map((m) => m.content),
    );
    expect(second.prompts.list("support")[0]?.content).toEqual(first.prompts.list("support")[0]?.content);
  });
});

describe("experiments between prompts", () => {
  it("promote the winner from feedback alone, and say why in the history", async () => {
    const world = await openWorld();
    await world.prompts.register("support", supportPrompt());
    await world.prompts.register("support", supportPrompt("Answer with an example."));
    await world.prompts.startExperiment({ promptId: "support", variants: ["v1", "v2"], sticky: "run" });
    const score = lucky({ v1: 0.3, v2: 0.8 }, "promote");
    let rounds = 0;
    for (; rounds < 20 && world.prompts.experiments("support")[0]?.ended === undefined; rounds++) {
      for (let i = 0; i < 20; i++) await world.run("support", `r${rounds}-${i}`, score);
      await world.prompts.refresh();
    }
    const [experiment] = world.prompts.experiments("support");
    expect(experiment).toMatchObject({ ended: { reason: "decided" }, report: { verdict: "winner", winner: "v2" } });
    expect((await world.prompts.get("support", {}, world.config("later"))).version).toBe("v2");
    expect(world.prompts.history("support").at(-1)).toMatchObject({
      action: "promote",
      version: "v2",
      reason: expect.stringMatching(/^winner: v2/),
    });
    expect((await world.prompts.refresh()).promoted).toEqual([]);
    const performance = await world.prompts.performance("support");
    expect(performance.find((p) => p.version === "v2")?.mean).toBeGreaterThan(0.6);
  });

  it("stick to the thread, in every process, and balance within strata", async () => {
    const world = await openWorld();
    await world.prompts.register("support", supportPrompt());
    await world.prompts.register("support", supportPrompt("Other."));
    await world.prompts.startExperiment({ promptId: "support", variants: ["v1", "v2"], stratifyBy: ["language"] });
    const given = new Map<string, string>();
    for (let i = 0; i < 200; i++) {
      const thread = `t${i % 100}`;
      const { version } = await world.prompts.get(
        "support",
        { language: i % 2 ? "de" : "en" },
        world.config(`w${i}`, thread),
      );
      expect(given.get(thread) ?? version).toBe(version);
      given.set(thread, version);
    }
    await world.store.append("decision", world.pending.splice(0));
    const again = await openWorld({}, world.store);
    await again.prompts.refresh();
    for (const [thread, version] of given)
      expect((await again.prompts.get("support", {}, again.config(`x-${thread}`, thread))).version).toBe(version);
    const inEnglish = [...given].filter(([t]) => Number(t.slice(1)) % 2 === 0).map(([, v]) => v);
    expect(Math.abs(inEnglish.filter((v) => v === "v1").length - 25)).toBeLessThanOrEqual(6);
  });

  it("count each unit once", async () => {
    const world = await openWorld();
    await world.prompts.register("support", supportPrompt());
    await world.prompts.register("support", supportPrompt("Other."));
    await world.prompts.startExperiment({ promptId: "support", variants: ["v1", "v2"] });
    for (let i = 0; i < 30; i++) {
      await world.prompts.get("support", {}, world.config(`w${i}`, `t${i % 3}`));
      await world.store.append("decision", world.pending.splice(0));
      await world.store.append("feedback", [
        {
          schemaVersion: 1,
          feedbackId: `x${i}`,
          workflowId: `w${i}`,
          userId: "u",
          source: "human",
          at: "2026-02-01T00:00:00.000Z",
          outcome: 1,
        },
      ]);
    }
    await world.prompts.refresh();
    expect(world.prompts.experiments("support")[0]?.report?.outcomes).toBe(3);
  });

  it("allow one at a time, known versions only, and need a sink", async () => {
    const { prompts, store, registry } = await openWorld();
    await prompts.register("support", supportPrompt());
    await prompts.register("support", supportPrompt("Other."));
    const options = { promptId: "support", variants: ["v1", "v2"] };
    await expect(prompts.startExperiment({ ...options, variants: ["v1", "v7"] })).rejects.toThrow(/"v7"/);
    await prompts.startExperiment(options);
    await expect(prompts.startExperiment(options)).rejects.toThrow(/cannot be edited/);
    await prompts.stopExperiment("support", "changed our minds");
    expect(prompts.experiments("support")[0]?.ended).toMatchObject({ reason: "stopped", text: "changed our minds" });
    const deaf = await PromptOptimizer.open({ store, registry });
    await expect(deaf.startExperiment(options)).rejects.toThrow(/without a decision sink/);
  });

  it("are void once edited in flight: the control serves", async () => {
    const world = await openWorld();
    await world.prompts.register("support", supportPrompt());
    await world.prompts.register("support", supportPrompt("Other."));
    await world.prompts.startExperiment({ promptId: "support", variants: ["v1", "v2"] });
    await world.store.documents.update<{ definition: { alpha: number } }[]>("prompts/experiments/support", (list) =>
      (list ?? []).map((r) => ({ ...r, definition: { ...r.definition, alpha: 0.4 } })),
    );
    const again = await openWorld({}, world.store);
    expect(again.prompts.experiments("support")[0]?.ended).toMatchObject({ reason: "void" });
    for (let i = 0; i < 10; i++)
      expect((await again.prompts.get("support", {}, again.config(`w${i}`))).version).toBe("v1");
  });

  it("are switched off with learning, and never hurt a run when something breaks", async () => {
    let on = false;
    const world = await openWorld({ enabled: () => on });
    await world.prompts.register("support", supportPrompt());
    await world.prompts.register("support", supportPrompt("Other."));
    await world.prompts.startExperiment({ promptId: "support", variants: ["v1", "v2"], sticky: "run" });
    const versions = async () =>
      new Set(
        await Promise.all(
          Array.from(
            { length: 20 },
            async (_, i) => (await world.prompts.get("support", {}, world.config(`w${i}`))).version,
          ),
        ),
      );
    expect(await versions()).toEqual(new Set(["v1"]));
    on = true;
    expect(await versions()).toEqual(new Set(["v1", "v2"]));
    const broken = await openWorld(
      {
        sink: {
          identify: () => {
            throw new Error("no");
          },
          record: () => {},
        },
        logger: { debug() {}, info() {}, warn() {}, error() {} },
      },
      world.store,
    );
    expect((await broken.prompts.get("support")).version).toBe("v1");
  });
});

describe("a winner", () => {
  const won = async (after: { v1: number; v2: number }) => {
    const world = await openWorld();
    await world.prompts.register("support", supportPrompt());
    await world.prompts.register("support", supportPrompt("Worse in the end."));
    await world.prompts.startExperiment({ promptId: "support", variants: ["v1", "v2"], sticky: "run" });
    const before = lucky({ v1: 0.2, v2: 0.9 }, "before");
    for (let i = 0; world.prompts.experiments("support")[0]?.ended === undefined; i++) {
      for (let k = 0; k < 20; k++) await world.run("support", `a${i}-${k}`, before);
      await world.prompts.refresh();
    }
    const score = lucky(after, "after");
    const given: Record<string, number> = {};
    let rolled: { promptId: string; reason: string }[] = [];
    for (let i = 0; i < 700 && rolled.length === 0; i++) {
      const { version } = await world.run("support", `b${i}`, score);
      given[version] = (given[version] ?? 0) + 1;
      if (i % 50 === 49) rolled = (await world.prompts.refresh()).rolledBack;
    }
    return { world, rolled, given };
  };

  it("that turns is rolled back to the version before it, and nothing else", async () => {
    const { world, rolled } = await won({ v1: 0.9, v2: 0.1 });
    expect(rolled[0]?.reason).toMatch(/^v2 after \d+ runs proven worse .* gain -0\.\d+: v1$/);
    expect(world.prompts.list("support").find((v) => v.serving)?.version).toBe("v1");
    expect((await world.prompts.refresh()).rolledBack).toEqual([]);
  });

  it("that holds goes on, and one unit in twenty still gets the version before", async () => {
    const { rolled, given } = await won({ v1: 0.3, v2: 0.8 });
    expect(rolled).toEqual([]);
    expect((given["v1"] ?? 0) / 700).toBeGreaterThan(0.025);
    expect((given["v1"] ?? 0) / 700).toBeLessThan(0.08);
  });
});

describe("a contextual policy over versions", () => {
  it("serves where segments differ and it is surely better than any single version", async () => {
    const world = await openWorld();
    await world.prompts.register("support", supportPrompt());
    await world.prompts.register("support", supportPrompt("Formal."));
    await world.prompts.startExperiment({
      promptId: "support",
      variants: ["v1", "v2"],
      sticky: "run",
      maxOutcomes: 400,
      minimumEffect: 0.01,
    });
    const rng = createRng("segments");
    for (let i = 0; i < 300; i++) {
      const kind = rng.next() < 0.5 ? "business" : "private";
      await world.run(
        "support",
        `w${i}`,
        (v) => (rng.next() < ((v === "v2") === (kind === "business") ? 0.85 : 0.25) ? 1 : 0),
        { kind },
      );
    }
    const result = await world.prompts.learnPolicy("support");
    expect(result?.better).toBe(true);
    expect(result?.lower).toBeGreaterThan(0.1);
    await world.prompts.stopExperiment("support", "the segments differ");
    const given = { business: [] as string[], private: [] as string[] };
    for (let i = 0; i < 60; i++) {
      const kind = i % 2 ? "business" : "private";
      given[kind].push((await world.prompts.get("support", { kind }, world.config(`x${i}`))).version);
    }
    expect(given.business.filter((v) => v === "v2").length).toBeGreaterThan(25);
    expect(given.private.filter((v) => v === "v1").length).toBeGreaterThan(25);
    const again = await openWorld({}, world.store);
    expect((await again.prompts.get("support", { kind: "business" }, again.config("x1"))).version).toBe("v2");
    // A sink that redacts: the policy is asked with what it could have learned from.
    const sink: DecisionSink = {
      record() {},
      identify: ({ metadata }) => ({ workflowId: String(metadata?.workflowId) }),
      asKept: () => ({ kind: "business" }),
    };
    const redacting = await openWorld({ sink }, world.store);
    expect((await redacting.prompts.get("support", { kind: "private" }, again.config("x1"))).version).toBe("v2");
  });

  it("is not claimed where segments do not differ", async () => {
    const world = await openWorld();
    await world.prompts.register("support", supportPrompt());
    await world.prompts.register("support", supportPrompt("Formal."));
    await world.prompts.startExperiment({ promptId: "support", variants: ["v1", "v2"], sticky: "run" });
    const rng = createRng("flat");
    for (let i = 0; i < 150; i++)
      await world.run("support", `w${i}`, () => (rng.next() < 0.5 ? 1 : 0), { kind: rng.next() < 0.5 ? "a" : "b" });
    expect((await world.prompts.learnPolicy("support"))?.better).toBe(false);
  });
});
