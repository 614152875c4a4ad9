/**
 * What are-the-types-wrong says of the packed package: every subpath as TypeScript finds it with the resolutions node10,
 * node16 (from CommonJS, and from an ES module) and bundler. Two of its kinds are known, and the same for all subpaths; any
 * other fails.
 */
import { spawnSync } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { heavyProject } from "./support/heavy.js";

const KNOWN: Readonly<Record<string, string>> = {
  CJSResolvesToESM: "required, each subpath is an ES module: Node 20.19, the oldest admitted, loads it all the same",
  FalseCJS:
    "declarations for `require` call it CommonJS: else the resolution node16 refuses it (TS1479); no default export depends on it",
};

interface Said {
  analysis: { entrypoints: Record<string, unknown>; problems: { kind: string; entrypoint?: string }[] };
}

export default async function types(): Promise<Record<string, unknown>> {
  const home = heavyProject({ needs: /^@arethetypeswrong\// });
  const tarball = readdirSync(home).find((f) => f.endsWith(".tgz")) as string;
  const cli = join(home, "node_modules", "@arethetypeswrong", "cli", "dist", "index.js");
  // It ends with 1 where it found anything, and before a pipe has taken all that it says.
  const file = join(home, "said.json");
  const into = openSync(file, "w");
  const { stderr } = spawnSync(process.execPath, [cli, tarball, "--format", "json"], {
    cwd: home,
    encoding: "utf8",
    stdio: ["ignore", into, "pipe"],
  });
  closeSync(into);
  const text = readFileSync(file, "utf8");
  if (!text.startsWith("{")) throw new Error(`are-the-types-wrong said: ${stderr.slice(0, 1000)}`);
  const { entrypoints, problems } = (JSON.parse(text) as Said).analysis;
  const other = problems.filter(({ kind }) => !(kind in KNOWN));
  if (other.length > 0) throw new Error(`are-the-types-wrong found ${JSON.stringify(other, null, 1).slice(0, 2000)}`);
  const found = Object.keys(KNOWN).map((kind) => [kind, problems.filter((p) => p.kind === kind).length]);
  return { entrypoints: Object.keys(entrypoints).length, ...Object.fromEntries(found), why: KNOWN };
}
