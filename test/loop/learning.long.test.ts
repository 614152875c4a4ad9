import { describe, expect, it } from "vitest";
import { ticketOffice, triageGraph } from "../support/triage.js";
import { messages, openedLoops } from "./opened-loops.js";

const open = openedLoops();

describe("the loop, end to end", () => {
  it("takes up in a new process where the last one left", async () => {
    const first = await open();
    const serve = ticketOffice(first.loop, triageGraph(first.loop), first.clock);
    await serve(200);
    await first.loop.triggerLearningCycle();
    await first.loop.close();

    const second = await open({ storagePath: first.storagePath, clock: first.clock });
    const again = ticketOffice(second.loop, triageGraph(second.loop), second.clock, 2);
    expect((await second.loop.getLearningStatus()).decisionPoints[0]).toMatchObject({ champion: "v1", decisions: 200 });
    expect(await again(60)).toBeGreaterThan(0.9);
    const cycle = await second.loop.triggerLearningCycle();
    expect(cycle.cycle).toBe(2);
    expect(cycle.collected).toMatchObject({ decisions: 260 });
  });

  it("rolls back by itself when the champion falls behind the fallback", async () => {
    const { loop, clock } = await open();
    const serve = ticketOffice(loop, triageGraph(loop), clock);
    await serve(200);
    await loop.triggerLearningCycle();
    // The world turns: billing is right for everything, which is what the fallback always said.
    expect(await serve(400, () => "billing")).toBeLessThan(0.75);
    const cycle = await loop.triggerLearningCycle();
    expect(messages(cycle)[0]).toMatch(/^rolled back: after \d+ runs proven worse/);
    expect((await loop.getLearningStatus()).decisionPoints[0]?.champion).toBeUndefined();
    expect(await serve(60, () => "billing")).toBeGreaterThan(0.6);
  });

  it("gives the same answers for the same seed and data", async () => {
    const once = async () => {
      const { loop, clock } = await open();
      const serve = ticketOffice(loop, triageGraph(loop), clock);
      const rewards = [await serve(200)];
      await loop.triggerLearningCycle();
      rewards.push(await serve(60));
      const versions = loop.registry.versions("policy/triage").map((v) => JSON.stringify(v.lineage));
      return { rewards, versions };
    };
    expect(await once()).toEqual(await once());
  });
});

describe("the gate", () => {
  it("does not promote where nothing is to be gained", async () => {
    const { loop, clock } = await open();
    const serve = ticketOffice(loop, triageGraph(loop), clock);
    for (let i = 0; i < 3; i++) {
      await serve(100, () => "billing");
      await loop.triggerLearningCycle();
    }
    expect((await loop.getLearningStatus()).decisionPoints[0]?.champion).toBeUndefined();
  });
});
