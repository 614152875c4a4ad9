import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { CollectiveLearningLoop, type LoopConfig, ManualClock } from "langgraph-collective-learning";
import { afterEach, describe, expect, it, vi } from "vitest";
import { statusText } from "../../src/cli/text.js";
import { ticketOffice, triageGraph } from "../support/triage.js";

const loops: CollectiveLearningLoop[] = [];
const folder = mkdtempSync(join(tmpdir(), "processes-"));
let count = 0;
async function open(clock: ManualClock, storagePath = join(folder, `${count++}`), change: LoopConfig = {}) {
  const loop = await CollectiveLearningLoop.open({ clock, storagePath, ...change });
  loops.push(loop);
  return { loop, storagePath };
}
afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(loops.splice(0).map((l) => l.close()));
  if (loops.length === 0) for (const f of readdirSync(folder)) rmSync(join(folder, f), { recursive: true });
});

/** A busy machine takes its time. */
const PATIENT = { timeout: 120_000 };

describe("two loops over one folder", () => {
  it("serve what either promotes, rolls back or sets by hand, and share the history", async () => {
    const clock = new ManualClock();
    const { loop: server, storagePath } = await open(clock);
    const graph = triageGraph(server);
    const { loop: learner } = await open(clock, storagePath);
    await ticketOffice(server, graph, clock)(200);
    await server.flush();
    // The learner was opened before the point was declared, and has no graph of its own.
    expect(await learner.triggerLearningCycle()).toMatchObject({ collected: { decisions: 200 } });
    expect(learner.registry.champion("policy/triage")?.version).toBe("v1");

    expect((await server.getLearningStatus()).cyclesCompleted).toBe(1);
    const team = async () => (await graph.invoke({ topic: "crash", noise: 0.5 })).team;
    await vi.waitFor(async () => expect(await team()).toBe("tech"), PATIENT);

    await learner.setMode("triage", "shadow");
    expect((await server.getLearningStatus()).decisionPoints[0]?.mode).toBe("shadow");
    await server.setMode("triage", "auto");
    expect((await learner.getLearningStatus()).decisionPoints[0]?.mode).toBe("auto");

    // No status asked for: it follows by itself.
    await learner.registry.rollback("policy/triage", "by hand");
    clock.advance(10_000);
    await vi.waitFor(() => expect(server.registry.champion("policy/triage")).toBeUndefined(), PATIENT);
  });

  it("say which process keeps the timer, until it stops or is silent for long", async () => {
    const clock = new ManualClock();
    const { loop: server, storagePath } = await open(clock);
    const { loop: learner } = await open(clock, storagePath);
    await learner.startLearning();
    const mine = { pid: process.pid, host: hostname() };
    const timers = async () => (await server.getLearningStatus()).timers;
    await vi.waitFor(async () => expect(await timers()).toMatchObject([{ ...mine, isThis: false }]), PATIENT);
    expect((await learner.getLearningStatus()).timers).toMatchObject([{ ...mine, isThis: true }]);
    expect(statusText(await server.getLearningStatus())).toContain(
      `not on the timer here; process ${process.pid} on ${hostname()} keeps it`,
    );
    await learner.stopLearning();
    expect(await timers()).toEqual([]);

    // A process that was killed cannot take itself off the list: it is forgotten when it was silent.
    const entry = { pid: 1, host: "gone", since: new Date(clock.now()).toISOString() };
    const { documents } = server.inspect.store;
    await documents.put("loop/timers", { id: { ...entry, toldAt: entry.since } });
    expect(await timers()).toMatchObject([{ host: "gone" }]);
    clock.advance(5 * 60_000);
    expect(await timers()).toEqual([]);
  });

  it("serve a prompt's version that the other registered and promoted, and until then what served before", async () => {
    const clock = new ManualClock();
    const { loop: server, storagePath } = await open(clock);
    const make = (text: string) => ChatPromptTemplate.fromMessages([["system", text]]);
    for (const text of ["A", "B"]) await server.prompts.register("support", make(text));
    await server.prompts.promote("support", "v2", "by hand");
    const { loop: learner } = await open(clock, storagePath);
    const v3 = await learner.prompts.register("support", make("C"));
    await learner.prompts.promote("support", v3, "by hand");
    const served = async () => (await server.prompts.get("support")).version;
    await server.registry.refresh();
    expect(await served()).toBe("v2");
    // No cycle runs there: it follows by itself.
    clock.advance(10_000);
    await vi.waitFor(async () => expect(await served()).toBe(v3), PATIENT);

    await learner.prompts.startExperiment({ promptId: "support", variants: ["v2", v3] });
    clock.advance(10_000);
    await vi.waitFor(
      () => expect(server.prompts.experiments("support")).toMatchObject([{ key: "support#1" }]),
      PATIENT,
    );
    await learner.prompts.stopExperiment("support", "enough");
    clock.advance(10_000);
    await vi.waitFor(() => expect(server.prompts.experiments("support")[0]?.ended?.reason).toBe("stopped"), PATIENT);
  });

  it("share the work of a cycle: each piece is done once, at once or one after the other", async () => {
    const clock = new ManualClock();
    const { loop: one, storagePath } = await open(clock);
    const { loop: two } = await open(clock, storagePath);
    await ticketOffice(one, triageGraph(one), clock)(200);
    await one.flush();
    await Promise.allSettled([one.triggerLearningCycle(), two.triggerLearningCycle()]);
    // Whoever came to it second, if at all, went on from the first one's version, with the rows that one had kept apart.
    const status = await one.getLearningStatus();
    await one.registry.refresh();
    const [first, ...later] = one.registry.versions("policy/triage").sort((a, b) => (a.version < b.version ? -1 : 1));
    expect(first?.version).toBe("v1");
    expect(later.length).toBeLessThan(2);
    for (const { lineage } of later) {
      expect(lineage.parent).toBe("v1");
      expect(Date.parse(lineage.dataFrom ?? "")).toBeGreaterThan(Date.parse(first?.lineage.dataTo ?? ""));
    }
    expect(status.components["routing/triage"]).toMatchObject({ state: expect.stringMatching(/done|idle/) });
  });
});

describe("the kill switch in the environment", () => {
  it("lets the host run, bare, over a folder that cannot be used", async () => {
    const blocked = join(folder, "file");
    writeFileSync(blocked, "in the way");
    vi.stubEnv("LEARNING_DISABLED", "1");
    const said: string[] = [];
    const quiet = () => undefined;
    const logger = { debug: quiet, info: quiet, error: quiet, warn: (m: string) => said.push(m) };
    const { loop } = await open(new ManualClock(), blocked, { logger });
    expect((await triageGraph(loop).invoke({ topic: "crash", noise: 1 })).team).toBe("billing");
    expect((await loop.getLearningStatus()).disabled).toBe(true);
    await expect(loop.feedback.submitOutcome("run", 1)).rejects.toThrow();
    // A mode is not silently lost: it is said that nobody else and no later process will know of it.
    await loop.setMode("triage", "shadow");
    expect(said).toContain("the mode holds in this process only");
    const { warnings, decisionPoints } = await loop.getLearningStatus();
    expect(warnings[0]).toMatch(/cannot be used.*what is set by hand.*ends with this process/);
    expect(decisionPoints[0]?.mode).toBe("shadow");
  });
});

describe("versions", () => {
  it("are kept up to keepVersions, and what they were proven by", async () => {
    const clock = new ManualClock();
    const { loop, storagePath } = await open(clock, undefined, { keepVersions: 2, enablePatternDiscovery: false });
    const serve = ticketOffice(loop, triageGraph(loop), clock);
    await serve(200);
    for (let i = 0; i < 5; i++) {
      await loop.triggerLearningCycle();
      await serve(30);
    }
    const kept = loop.registry.versions("policy/triage").map((v) => v.version);
    expect(kept).toEqual(["v1", "v4", "v5"]);
    const blobs = readdirSync(join(storagePath, "models", "artifacts"));
    expect(blobs.filter((f) => f.startsWith("policy"))).toHaveLength(3);
  });
});
