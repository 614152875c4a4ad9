/**
 * The API reference (`npm run docs:api`) by typedoc, with a TypeScript that it knows: of the front door nothing may be
 * referenced and not described. Says how many pages it has, and its warnings on the other subpaths.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { heavyProject, ROOT } from "./support/heavy.js";

export default async function api(): Promise<Record<string, unknown>> {
  const home = heavyProject({ needs: /^(typedoc|typescript)$/ });
  const out = join(home, "api");
  const typedoc = join(home, "node_modules", "typedoc", "bin", "typedoc");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [typedoc, "--options", join(ROOT, ".ci", "typedoc.json"), "--out", out],
    { cwd: ROOT, encoding: "utf8", maxBuffer: 2 ** 26 },
  );
  const warnings = `${stdout}\n${stderr}`.split("\n").filter((line) => line.includes("[warning]"));
  if (status !== 0) throw new Error(`typedoc: ${stderr.slice(0, 2000)}`);
  const front = warnings.filter((line) => /\bindex\.\w/.test(line));
  if (front.length > 0) throw new Error(`typedoc warns of the front door:\n${front.join("\n")}`);
  const pages = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".html")).length;
  return { pages, warnings: warnings.filter((line) => !/Found \d+ errors/.test(line)) };
}
