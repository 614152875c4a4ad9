import { describe, expect, it } from "vitest";
import { blocksOf, FIRST, PAGES, runsBlock } from "./blocks.js";

const blocks = blocksOf(PAGES.filter((page) => !FIRST.includes(page)));

describe("the pages of the documents", () => {
  it("have code to run", () => expect(blocks.length).toBeGreaterThan(15));

  it.concurrent.each(blocks)("$name runs", runsBlock, 600_000);
});
