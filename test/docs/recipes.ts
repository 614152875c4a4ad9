import { fileURLToPath } from "node:url";
import { runsWell } from "../support/run-script.js";

export const folder = fileURLToPath(new URL("../../examples/recipes/", import.meta.url));
/** What each recipe must print. Those that need a server or a heavy package are run by `npm run campaign -- recipes`. */
export const EXPECTED: Record<string, RegExp[]> = {
  "agent.ts": [
    /^(Gladly: )?(order|found): where is my parcel \| tools: (all|search|orders), model: (small|large), prompt: (plain|polite)/,
    /^(.*\n){3}$/,
  ],
  "supervisor.ts": [/answer: A story of owls\./, /next: (\w+ \(\d\.\d\d\)(, )?)+/, /__end__ \(0\.\d\d\)/],
  "supervisor-advised.ts": [
    /supervisor > (billing|tech) \(handoff\), \1 > supervisor \(return\)/,
    /advised: (billing|tech), mode advise/,
  ],
  "swarm.ts": [
    /began with hotels, 0 handed over, active hotels|began with flights, 1 handed over, active hotels/,
    /\nhotels: booked \| began with hotels, 0 handed over, active hotels/,
  ],
};

/** Runs a recipe without network or keys, and looks for what it promises. */
export const runsOffline = (file: string) => runsWell(`${folder}${file}`, EXPECTED[file]);
