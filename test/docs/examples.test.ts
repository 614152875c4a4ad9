import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { FIRST, folder, runsOffline } from "./examples.js";

describe("examples", () => {
  it.concurrent.each(FIRST)("%s runs offline and shows what it promises", runsOffline, 600_000);

  it.each([
    "01-wrap-a-graph.ts",
    "02-learned-router.ts",
    "04-learned-model.ts",
    "05-advice-and-replay.ts",
    "06-human-review.ts",
    "07-prompt-experiment.ts",
    "08-serverless.ts",
    "09-retrieval-depth.ts",
    "10-tool-subset.ts",
    "11-embeddings.ts",
  ])("%s stays short", (file) => {
    expect(readFileSync(`${folder}${file}`, "utf8").split("\n").length).toBeLessThan(81);
  });
});
