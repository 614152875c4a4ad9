/**
 * `npm run campaign -- NAME`: runs test/campaign/NAME.campaign.ts in full and prints its figures as the last line,
 * `CAMPAIGN {json}`. A tenth of each belongs to `npm run test:full`.
 */
import { readdirSync } from "node:fs";
import { NotInstalled } from "./support/heavy.js";

const here = new URL(".", import.meta.url);
const names = readdirSync(here)
  .filter((f) => f.endsWith(".campaign.ts"))
  .map((f) => f.slice(0, -".campaign.ts".length))
  .sort();
const [name] = process.argv.slice(2);
if (!name || !names.includes(name)) {
  console.error(
    `campaign: received ${name ?? "no name"}; expected one of ${names.join(", ")}. Run: npm run campaign -- NAME`,
  );
  process.exit(2);
}
const { default: run } = (await import(new URL(`${name}.campaign.ts`, here).href)) as {
  default: () => Promise<Record<string, unknown>>;
};
const started = performance.now();
const figures = await run().catch((error: unknown) => {
  if (error instanceof NotInstalled) return { skipped: error.message };
  throw error;
});
console.log(
  `CAMPAIGN ${JSON.stringify({ name, ...figures, seconds: Math.round((performance.now() - started) / 100) / 10 })}`,
);
process.exit(0);
