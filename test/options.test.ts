import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const below = (folder: string, ending: RegExp) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((f) => `${folder}/${f.replaceAll("\\", "/")}`)
    .filter((f) => ending.test(f) && !f.startsWith("src/dashboard/app/") && !f.startsWith("test/bench/"));
const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const bare = (text: string) => text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");

/** The keys of options in a source: of zod schemas, and of interfaces that are called options, settings or config. */
function optionsIn(text: string): string[] {
  const schemas = /from "zod"/.test(text)
    ? [
        ...text.matchAll(/^\s+(\w+):\s*(?:z\b|share\b|above\b|amount\b|whole\b|given\b|count\(|fn\()/gm),
        ...[...text.matchAll(/(?:bject|extend)\(\{\n((?: .*\n|\n)*?)^\}/gm)].flatMap(([, body = ""]) => [
          ...body.matchAll(/^ {2}(\w+)[:,]/gm),
        ]),
      ]
    : [];
  const bodies = [...text.matchAll(/export interface \w*(?:Options|Settings|Config)\b[^{]*\{([\s\S]*?)^\}/gm)].flatMap(
    ([, body = ""]) => [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[:(]/gm)],
  );
  return [...schemas, ...bodies].map(([, key = ""]) => key);
}

describe("options", () => {
  const words = new Set(
    below("test", /\.test\.tsx?$|support.*\.ts$/)
      .filter((f) => f !== "test/options.test.ts")
      .concat(below("examples", /\.ts$/))
      .flatMap((f) => bare(read(f)).match(/[A-Za-z_$][\w$]*/g) ?? []),
  );
  // Stored records and snapshots are data, checked by tests of their own.
  const sources = below("src", /\.ts$/).filter((f) => !/core\/records|snapshot\.ts$|registry-document\.ts$/.test(f));
  const keys = new Set(sources.flatMap((f) => optionsIn(bare(read(f)))));

  it("are set by a test or an example, each of them", () => {
    expect(keys.size).toBeGreaterThan(300);
    expect([...keys].filter((key) => !words.has(key)).sort()).toEqual([]);
  });

  it("are read as they are written", () => {
    const code =
      'import { z } from "zod";\nexport const s = z.strictObject({\n  a: z.number(),\n  d: bound.default(1),\n});\nexport interface FooOptions {\n  b?: string;\n  c(): void;\n}\n';
    expect(optionsIn(code)).toEqual(["a", "a", "d", "b", "c"]);
  });
});
