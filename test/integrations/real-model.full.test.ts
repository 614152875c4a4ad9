import { expect, it } from "vitest";
import { campaign } from "../support/campaign.js";

it("a real small model in createAgent, with middleware, streaming, an experiment and a proposal", async ({ skip }) => {
  const figures = await campaign("real-model", 6);
  if ("skipped" in figures) skip(String(figures.skipped));
  expect(figures).toMatchObject({ runs: 6, decisions: 6, experiment: "goes on" });
  expect(figures.chunks).toBeGreaterThan(12); // it streams
  expect(figures.proposal).toMatchObject({ status: expect.stringMatching(/^(won|lost|none)$/) });
}, 3_600_000);
