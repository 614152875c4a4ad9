import { expect, it } from "vitest";
import { campaign } from "../support/campaign.js";

it("recipes run on Node 22 and 24 and on Bun, by the packed package", async ({ skip }) => {
  const figures = await campaign("recipes", 3);
  if ("skipped" in figures) skip(String(figures.skipped));
  const { name: _, seconds: __, ...tried } = figures;
  expect(Object.keys(tried)).toEqual([
    expect.stringMatching(/^deep-agent\.ts, node 24 \(v24\./),
    expect.stringMatching(/^supervisor\.ts, node 22 \(v22\./),
    expect.stringMatching(/^swarm\.ts, bun \(\d/),
  ]);
  expect(new Set(Object.values(tried))).toEqual(new Set(["runs"]));
}, 3_600_000);
