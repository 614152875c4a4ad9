/**
 * The API reference (`npm run docs:api`) by typedoc, with a TypeScript that it knows. Says how many pages it has, and its
 * warnings: those on the front door, where types that are referenced and not exported should be none, and all others. A
 * broken link of the front door, or the like, fails. Schemas behind inferred types are not meant to be exported.
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
  const isFront = (line: string) => /\bindex\.\w/.test(line) && !/ \w+Schema, defined in/.test(line);
  const front = warnings.filter(isFront);
  const broken = front.filter((line) => !line.includes("but not included in the documentation"));
  if (broken.length > 0) throw new Error(`typedoc warns of the front door:\n${broken.join("\n")}`);
  const pages = readdirSync(out, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".html")).length;
  return { pages, front, warnings: warnings.filter((line) => !isFront(line) && !/Found \d+ errors/.test(line)) };
}
