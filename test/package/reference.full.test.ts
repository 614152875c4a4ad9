import { expect, it } from "vitest";
import { campaign } from "../support/campaign.js";

it("are-the-types-wrong finds what is known of an ES module that may be required, and no more", async ({ skip }) => {
  const figures = await campaign("types", 1);
  if ("skipped" in figures) skip(String(figures.skipped));
  const { entrypoints, CJSResolvesToESM, FalseCJS } = figures as Record<string, number>;
  // package.json is a subpath without types.
  expect([CJSResolvesToESM, FalseCJS]).toEqual([(entrypoints ?? 0) - 1, (entrypoints ?? 0) - 1]);
}, 3_600_000);

it("typedoc writes the reference, and the front door's types can be looked up in it", async ({ skip }) => {
  const figures = await campaign("api", 1);
  if ("skipped" in figures) skip(String(figures.skipped));
  expect(figures.pages).toBeGreaterThan(800);
  expect((figures.front as string[]).length).toBeLessThan(10);
}, 3_600_000);
