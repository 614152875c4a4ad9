/**
 * `npm run bench -- NAME [--quick]`: runs test/bench/NAME.bench.ts and prints its figures as the
 * last line, `BENCH {json}`.
 */
import { readdirSync } from "node:fs";
import type { Bench } from "./support/bench.js";

const here = new URL(".", import.meta.url);
const names = readdirSync(here)
  .filter((f) => f.endsWith(".bench.ts"))
  .map((f) => f.slice(0, -".bench.ts".length))
  .sort();
const args = process.argv.slice(2);
const name = args.find((a) => !a.startsWith("-"));
if (!name || !names.includes(name)) {
  console.error(
    `bench: received ${name ?? "no name"}; expected one of ${names.join(", ")}. Run: npm run bench -- NAME [--quick]`,
  );
  process.exit(2);
}
const { default: bench } = (await import(new URL(`${name}.bench.ts`, here).href)) as { default: Bench };
const started = performance.now();
const figures = await bench({ quick: args.includes("--quick"), args });
console.log(
  `BENCH ${JSON.stringify({ name, ...figures, quick: args.includes("--quick"), seconds: Math.round((performance.now() - started) / 100) / 10 })}`,
);
process.exit(0);
