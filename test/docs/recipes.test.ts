import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runScript } from "../support/run-script.js";

const folder = fileURLToPath(new URL("../../examples/recipes/", import.meta.url));
/** What each recipe must print. Those that need a server or a heavy package are run by `npm run campaign -- recipes`. */
const EXPECTED: Record<string, RegExp[]> = {
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

describe("recipes", () => {
  it.concurrent.each(Object.entries(EXPECTED))(
    "%s runs offline and shows what it promises",
    async (file, words) => {
      const result = await runScript(`${folder}${file}`);
      expect(result.err).toBe("");
      expect(result.code).toBe(0);
      for (const expected of words) expect(result.out).toMatch(expected);
    },
    600_000,
  );

  it.each(
    readdirSync(folder, { recursive: true })
      .map(String)
      .filter((f) => f.endsWith(".ts")),
  )("%s stays short", (file) => {
    expect(readFileSync(`${folder}${file}`, "utf8").split("\n").length).toBeLessThan(81);
  });
});
