import { expect, it } from "vitest";
import { campaign } from "../support/campaign.js";

it("DuckDB and pandas read in an export what the store holds", async ({ skip }) => {
  const figures = await campaign("tables", 300);
  if ("skipped" in figures) skip(String(figures.skipped));
  expect(figures).toMatchObject({ runs: 300, exports: 3, readers: ["duckdb", "pandas"] });
  expect(figures.days).toHaveLength(3);
}, 3_600_000);
