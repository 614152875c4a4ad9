import { describe, expect, it } from "vitest";
import { openTwoPoints } from "../support/two-points.js";

describe("two decision points of the same runs", () => {
  it("do not change in one cycle, and the second is judged beside what the first became", async () => {
    // b alone helps at either, both together ruin the run.
    const { loop, serve } = await openTwoPoints({ chances: [0.3, 0.95, 0.02], exploration: 0.6, seed: "together" });
    const champions = async () =>
      (await loop.getLearningStatus()).decisionPoints.flatMap((p) =>
        p.champion === undefined ? [] : [p.decisionPoint],
      );
    let most = 0;
    for (let cycle = 0; cycle < 3; cycle++) {
      await serve(200);
      await loop.triggerLearningCycle();
      most = Math.max(most, (await champions()).length);
    }
    // Each of both would be promoted by its own decisions, and runs would earn next to nothing.
    expect(most).toBeLessThanOrEqual(1);
    expect(await serve(100)).toBeGreaterThan(0.3);
    await loop.close();
  }, 60_000);

  it("both change where only both changes together help", async () => {
    const { loop, serve } = await openTwoPoints({ chances: [0.5, 0.3, 0.9], exploration: 0.3, seed: 5 });
    const promoted: string[] = [];
    for (let cycle = 0; cycle < 8 && promoted.length < 2; cycle++) {
      await serve(200);
      await loop.triggerLearningCycle();
      for (const point of ["second", "first"])
        if (loop.registry.champion(`policy/${point}`) && !promoted.includes(point)) promoted.push(point);
    }
    // The second goes along with what the first explores, and then the first has something to gain.
    expect(promoted).toEqual(["second", "first"]);
    expect(await serve(200)).toBeGreaterThan(0.7);
    await loop.close();
  }, 240_000);
});
