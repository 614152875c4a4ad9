import { expect, it } from "vitest";
import { campaign } from "../support/campaign.js";

it("what an instrumentation of LangChain.js exports comes out as it went in", async ({ skip }) => {
  const figures = await campaign("instrumentations", 1);
  if ("skipped" in figures) skip(String(figures.skipped));
  const { name: _, seconds: __, ...tried } = figures;
  expect(Object.keys(tried)).toEqual(["openllmetry protobuf"]);
  expect(tried).toEqual({
    "openllmetry protobuf": expect.objectContaining({
      exporter: 0,
      came: expect.objectContaining({ runs: 3, models: 3, tools: 6, failedTools: 3, tokens: 27 }),
    }),
  });
}, 3_600_000);
