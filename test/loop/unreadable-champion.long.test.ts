import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { afterEach, describe, expect, it } from "vitest";
import type { TrainedChallenger } from "../../src/evaluation/point/challenger.js";
import { judgeContinuation } from "../../src/evaluation/point/findings.js";
import type { GateState } from "../../src/evaluation/point/gate-state.js";
import { openWatch } from "../../src/evaluation/point/watch.js";
import type { RoutingArtifact } from "../../src/policies/index.js";
import { sealPayload } from "../../src/registry/payload.js";
import { createMemoryStore, type LearningStore } from "../../src/store/index.js";
import { ticketOffice, triageGraph } from "../support/triage.js";

const NAME = "policy/triage";
const loops: CollectiveLearningLoop[] = [];
afterEach(async () => {
  await Promise.all(loops.splice(0).map((l) => l.close()));
});

/** A loop that serves a proven version, over 200 tickets. */
async function promoted(store: LearningStore = createMemoryStore()) {
  const clock = new ManualClock();
  const parts = { seed: 1, store, clock, enablePatternDiscovery: false, enableRewardModel: false };
  const loop = await CollectiveLearningLoop.open(parts);
  loops.push(loop);
  const serve = ticketOffice(loop, triageGraph(loop), clock);
  await serve(200);
  await loop.triggerLearningCycle();
  /** As if it came from a release whose snapshots are refused. */
  const publish = async () => {
    const artifact = (await loop.registry.load(NAME, "v1")) as RoutingArtifact;
    const policy = { ...artifact.policy, version: 0 };
    const { version } = await loop.registry.publish(NAME, "routing-policy", { ...artifact, policy }, { rows: 120 });
    return version;
  };
  const judged = async () => {
    const { steps } = await loop.triggerLearningCycle();
    return steps.find((s) => s.component === "routing/triage");
  };
  const point = async () => (await loop.getLearningStatus()).decisionPoints[0];
  return { loop, store, clock, publish, judged, point };
}

describe("a promoted version that cannot be read", () => {
  it("leaves the point to its fallback, which the status says, until a new version is proven against it", async () => {
    const { loop, store, clock, publish } = await promoted();
    await loop.registry.promote(NAME, await publish(), "before the update");
    await loop.close();
    const parts = { seed: 1, store, clock, enablePatternDiscovery: false, enableRewardModel: false };
    const updated = await CollectiveLearningLoop.open({ ...parts, minSamplesForLearning: 100_000 });
    triageGraph(updated);
    await updated.triggerLearningCycle();
    const { decisionPoints, warnings } = await updated.getLearningStatus();
    const unreadable = { version: "v2", reason: expect.stringMatching(/SNAPSHOT_INVALID/) };
    expect(decisionPoints[0]).toMatchObject({ champion: undefined, unreadable });
    expect(warnings[0]).toMatch(/^triage: v2 cannot be read, so the fallback serves/);
    await updated.close();

    const again = await CollectiveLearningLoop.open(parts);
    loops.push(again);
    const goOn = ticketOffice(again, triageGraph(again), clock, 2);
    // In shadow, as before any promotion: half of it at random.
    expect(await goOn(40)).toBeLessThan(0.75);
    const { steps } = await again.triggerLearningCycle();
    const step = steps.find((s) => s.component === "routing/triage");
    expect(step?.message).toMatch(/^promoted v3: gain \+0\.\d+, lower bound \+0\.\d+/);
    expect(step?.details).toMatchObject({ judged: "new" });
    const after = await again.getLearningStatus();
    expect(after.decisionPoints[0]).toMatchObject({ champion: "v3", unreadable: undefined });
    expect(after.warnings.join()).not.toMatch(/cannot be read/);
    expect(await goOn(40)).toBeGreaterThan(0.9);
  });

  it("is told apart from what is pinned by hand: that stays", async () => {
    const { loop, publish, judged, point } = await promoted();
    await loop.registry.pin(NAME, await publish(), "an audit");
    expect((await judged())?.message).toMatch(/pinned by hand, so nothing changes$/);
    expect(await point()).toMatchObject({ champion: undefined, pinned: true, unreadable: { version: "v2" } });
  });

  it("may be one whose payload is lost, and does not keep the report from being made", async () => {
    const { loop, store, judged, point } = await promoted();
    await store.blobs.delete((await sealPayload(NAME, await loop.registry.load(NAME, "v1"))).blob);
    const page = await loop.createReport();
    expect(page.points[0]).toMatchObject({ decisions: 200 });
    expect(await judged()).toMatchObject({ state: "done", message: expect.stringMatching(/^promoted v2: gain/) });
    expect(await point()).toMatchObject({ champion: "v2", unreadable: undefined });
  });

  it("may be the proven one that the serving version continues: then it is continued no further", () => {
    const scene = {
      rows: [],
      exploration: 0.5,
      gate: { riskLevel: 0.05, minimumEffect: 0, trainShare: 0.6, cluster: "run" as const },
    };
    const watch = { version: "v3", versions: [], anchor: "v1", anchorLowerBound: 0.2, lowerBound: 0.1 };
    const state: GateState = { schemaVersion: 1, watch: { ...watch, ...openWatch("", 0.05) } };
    const finding = judgeContinuation(scene, {} as TrainedChallenger, { unreadable: "no payload" }, state);
    expect(finding).toMatchObject({ reason: "not continued: the proven version v1 cannot be read: no payload", state });
    expect(finding.watch).toBeUndefined();
  });
});
