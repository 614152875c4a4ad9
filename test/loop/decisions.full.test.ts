import { expect, it } from "vitest";
import { manyDecisions } from "../campaign/decisions.campaign.js";

it("a learner learns from more decisions than it holds, as from one batch, and holds no more for it", async () => {
  const figures = await manyDecisions(500_000);
  expect(figures.held).toBeLessThanOrEqual(220_000);
  expect(figures.learnedFrom).toBeGreaterThan(400_000);
  expect(figures.mostApart).toBeLessThan(1e-9);
  expect(figures.oldLead).toBeGreaterThan(0.5);
  expect(figures.peakRssMiB).toBeLessThan(1536);
});
