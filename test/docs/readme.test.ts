import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { runScript } from "../support/run-script.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const readme = readFileSync(join(ROOT, "README.md"), "utf8");
// Inside the project, so that the package's own name resolves.
const folder = join(ROOT, ".cache", "readme");
mkdirSync(folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const blocks = [...readme.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((m, i) => {
  const line = readme.slice(0, m.index).split("\n").length;
  return { name: `the block at line ${line}`, file: join(folder, `block-${i}.ts`), code: m[1] as string };
});

describe("README", () => {
  it("has code to run", () => expect(blocks.length).toBeGreaterThan(0));

  it.concurrent.each(blocks)(
    "$name runs",
    async ({ file, code }) => {
      writeFileSync(file, code);
      const result = await runScript(file);
      expect(result.err).toBe("");
      expect(result.code).toBe(0);
    },
    90_000,
  );

  it("names every key of the configuration, and no other", async () => {
    const { loopConfigSchema } = await import("../../src/learning/config.js");
    const table = readme.slice(
      readme.indexOf("## Configuration"),
      readme.indexOf("\n## ", readme.indexOf("## Configuration") + 5),
    );
    const cells = table.split("\n").flatMap((l) => l.match(/^\| (`[^|]*) \|/)?.[1] ?? []);
    const named = cells.flatMap((c) => [...c.matchAll(/`(\w+)`/g)].map((m) => m[1] as string));
    expect([...named].sort()).toEqual(Object.keys(loopConfigSchema.shape).sort());
  });
});
