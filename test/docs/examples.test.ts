import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runScript } from "../support/run-script.js";

const folder = fileURLToPath(new URL("../../examples/", import.meta.url));
const files = readdirSync(folder).filter((f) => f.endsWith(".ts"));
/** What each example must print, at least. */
const EXPECTED: Record<string, RegExp[]> = {
  "01-wrap-a-graph.ts": [/Facts about owls\. Well told\./, /research: success, write: success/, /\[ 9 \]/],
  "02-learned-router.ts": [/fallback, watching: 0\.[3-6]/, /promoted v1/, /learned, acting: (0\.9|1\.0)/],
  "03-sentinel.ts": [
    /advice: scanTerritories/,
    /\d+\. dispatchMultipleAgents \(by fallback\)/,
    /toolSmith: failed: 503 from the provider/,
    /Final report:[\s\S]*"accepted": 5/,
  ],
  "04-learned-model.ts": [/watching: reward 0\.[5-7]/, /promoted v1/, /learned, acting: reward 0\.[78]/],
  "05-advice-and-replay.ts": [
    /advice: short \(fallback\); to the customer: Yes\./,
    /Mailed nobody: Yes, for three reasons\./,
    /flowchart TD/,
  ],
  "06-human-review.ts": [/asked: Was "About owls/, /refused: true/, /stored: 4 of 10 by reviewer/, /write, review/],
  "08-serverless.ts": [/Billing answers\..* 2 writings keep/, /queued: 0, written: 2/],
  "09-retrieval-depth.ts": [/watching: reward 0\.[45]/, /promoted v1/, /learned, acting: reward 0\.[67]/],
  "10-tool-subset.ts": [/watching: [56]\d % right/, /promoted v1/, /learned, acting: [89]\d % right/],
  "11-embeddings.ts": [/watching: [45]\d % right/, /promoted v1/, /learned, words never seen: (9\d|100) % right/],
  "07-prompt-experiment.ts": [/ended: winner: v2/, /serves: Answer the customer with an example\./],
};

describe("examples", () => {
  it.concurrent.each(files)(
    "%s runs offline and shows what it promises",
    async (file) => {
      const result = await runScript(`${folder}${file}`);
      expect(result.err).toBe("");
      expect(result.code).toBe(0);
      for (const words of EXPECTED[file] ?? []) expect(result.out).toMatch(words);
    },
    600_000,
  );

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
