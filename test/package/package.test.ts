import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { exports: Record<string, unknown> };
const run = (command: string, args: string[], cwd: string) =>
  execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

describe("the packed package", () => {
  let home: string;
  let files: string[];

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), "packed-"));
    run("npm", ["pack", "--ignore-scripts", "--pack-destination", home], ROOT);
    const tarball = readdirSync(home).find((f) => f.endsWith(".tgz")) as string;
    run("tar", ["-xzf", tarball], home);
    files = run("tar", ["-tzf", tarball], home).trim().split("\n");
    // An otherwise empty folder whose node_modules holds the package, and what it depends on.
    const modules = join(home, "app", "node_modules");
    mkdirSync(modules, { recursive: true });
    for (const name of readdirSync(join(ROOT, "node_modules"))) {
      // langchain is an optional peer: a newcomer may well do without.
      if (!name.startsWith(".") && !["langgraph-collective-learning", "langchain"].includes(name))
        symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
    }
    symlinkSync(join(home, "package"), join(modules, "langgraph-collective-learning"));
    symlinkSync(modules, join(home, "package", "node_modules"));
  }, 60_000);
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it("holds what users need and nothing else", () => {
    const odd = files.filter(
      (f) => !/^package\/(dist\/.*\.(js|d\.ts)|dist\/dashboard\/app\.json|package\.json|README\.md|LICENSE)$/.test(f),
    );
    expect(odd).toEqual([]);
    expect(files).toContain("package/dist/worker/main.js");
    expect(files).toContain("package/dist/cli/main.js");
  });

  it("passes publint", () => {
    const out = run("npx", ["publint", "run", join(home, "package"), "--pack", "false", "--strict"], ROOT);
    expect(out).not.toMatch(/error|warning/i);
  });

  it.each(["nodenext", "bundler"])(
    "type-checks in a strict project that checks libraries too (%s)",
    (resolution) => {
      const readme = readFileSync(join(ROOT, "README.md"), "utf8");
      const quickStart = readme.slice(readme.indexOf("## Quick start")).match(/^```ts\n([\s\S]*?)^```/m)?.[1] as string;
      writeFileSync(join(home, "app", "quick-start.ts"), quickStart);
      writeFileSync(join(home, "app", "package.json"), JSON.stringify({ type: "module" }));
      const compilerOptions = {
        strict: true,
        noEmit: true,
        target: "es2022",
        lib: ["es2023", "esnext.disposable"],
        module: resolution === "nodenext" ? "nodenext" : "esnext",
        moduleResolution: resolution,
        types: ["node"],
        skipLibCheck: false,
      };
      // No entry's declarations may lead to TensorFlow.js': they do not pass such a check.
      const entries = Object.keys(manifest.exports).filter((n) => n !== "./package.json");
      const all = entries.map(
        (n, i) => `export * as m${i} from "${n.replace(/^\./, "langgraph-collective-learning")}";`,
      );
      writeFileSync(join(home, "app", "entries.ts"), all.join("\n"));
      const project = join(home, "app", `tsconfig.${resolution}.json`);
      writeFileSync(project, JSON.stringify({ compilerOptions, files: ["quick-start.ts", "entries.ts"] }));
      const tsc = join(ROOT, "node_modules", "typescript", "bin", "tsc");
      expect(() => run(process.execPath, [tsc, "-p", project], join(home, "app"))).not.toThrow();
    },
    60_000,
  );

  it("can be imported by every one of its names", () => {
    // The worker is the file that runs in the learning thread; imported elsewhere it does nothing.
    const names = Object.keys(manifest.exports).filter((n) => n !== "./package.json" && n !== "./worker");
    const script = names
      .map(
        (n) =>
          `const m${names.indexOf(n)} = await import(${JSON.stringify(n.replace(/^\./, "langgraph-collective-learning"))});`,
      )
      .join("\n");
    const counts = names.map((_, i) => `Object.keys(m${i}).length`).join(",");
    writeFileSync(join(home, "app", "main.mjs"), `${script}\nconsole.log(JSON.stringify([${counts}]));`);
    const exported = JSON.parse(run("node", ["main.mjs"], join(home, "app"))) as number[];
    expect(names.filter((_, i) => exported[i] === 0)).toEqual([]);
  });
});
