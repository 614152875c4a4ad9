import { expect, it } from "vitest";
import realModel from "../campaign/real-model.campaign.js";

it("a real small model in createAgent, with middleware, streaming, an experiment and a proposal", async () => {
  const before = process.env.RUNS;
  process.env.RUNS = "6"; // a tenth of the campaign
  const figures = await realModel().finally(() => {
    if (before === undefined) delete process.env.RUNS;
    else process.env.RUNS = before;
  });
  console.log(JSON.stringify(figures));
  // Where model or runtime cannot be had, that is said.
  if ("skipped" in figures) expect(figures.skipped).toMatch(/Linux x64|could not be installed|carries no model/);
  else {
    expect(figures).toMatchObject({ runs: 6, decisions: 6, experiment: "goes on" });
    expect(figures.chunks).toBeGreaterThan(12); // it streams
    expect(figures.proposal).toMatchObject({ status: expect.stringMatching(/^(won|lost|none)$/) });
  }
}, 3_600_000);
