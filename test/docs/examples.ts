import { fileURLToPath } from "node:url";
import { runsWell } from "../support/run-script.js";

export const folder = fileURLToPath(new URL("../../examples/", import.meta.url));
/** What a newcomer tries first; all others run in `npm run test:full`. */
export const FIRST = ["01-wrap-a-graph.ts", "03-sentinel.ts"];

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

/** Runs an example without network or keys, and looks for what it promises. */
export const runsOffline = (file: string) => runsWell(`${folder}${file}`, EXPECTED[file]);
