import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build as esbuild } from "esbuild";
import { build as vite } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import webpack from "webpack";
import { packed } from "./support/packed.js";

const APP = fileURLToPath(new URL("./support/app.mjs", import.meta.url));
let app: string;
let home: string;
beforeAll(() => {
  // No optional peer is there: a name that a bundler follows to nothing ends the build. (langsmith is a dependency of
  // LangChain's own.)
  ({ app, home } = packed([
    "langchain",
    "@tensorflow",
    "@opentelemetry",
    "pg",
    "hyparquet",
    "protobufjs",
    "@modelcontextprotocol",
  ]));
  cpSync(APP, join(app, "app.mjs"));
  writeFileSync(join(app, "package.json"), JSON.stringify({ type: "module" }));
}, 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A folder with nothing above it that a package could be found in, as a container has that holds the bundle alone. */
function bare(type: "module" | "commonjs") {
  const folder = mkdtempSync(join(tmpdir(), "bare-"));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type }));
  return folder;
}

/** Runs a bundled program to its end; what it found, and how often it was started. */
async function outcome(file: string, cwd: string, ...args: string[]) {
  const folder = mkdtempSync(join(cwd, "run-"));
  const { error, out, err } = await new Promise<{ error: unknown; out: string; err: string }>((resolve) => {
    execFile(process.execPath, [file, folder, ...args], { cwd, timeout: 300_000 }, (error, out, err) =>
      resolve({ error, out, err }),
    );
  });
  // Of a minified program that fails the whole text would be told.
  expect(error === null, err.slice(-1000)).toBe(true);
  const starts = readFileSync(join(folder, "starts"), "utf8").trim().split("\n").length;
  return { starts, ...(JSON.parse(out.trim().split("\n").at(-1) as string) as Record<string, unknown>) };
}

const whole = {
  starts: 1,
  status: "success",
  nodes: 2,
  decision: "shadow",
  cycle: expect.arrayContaining(["routing/t: done"]),
  warnings: expect.any(Array),
};
const withoutThread = {
  ...whole,
  cycle: expect.stringMatching(/^WORKER_FAILED: .*no learning thread/),
  warnings: [expect.stringMatching(/^the last learning cycle failed: .*no learning thread .*workerPath/)],
};

describe("a bundle by esbuild", () => {
  const bundle = (format: "esm" | "cjs", minify: boolean, outfile: string, entry = join(app, "app.mjs")) =>
    esbuild({
      entryPoints: [entry],
      bundle: true,
      platform: "node",
      target: "node20",
      format,
      minify,
      outfile,
      logLevel: "silent",
      // What CommonJS dependencies in an ES module need.
      ...(format === "esm" && {
        banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
      }),
    });

  it.each([
    ["esm", false],
    ["cjs", false],
    ["cjs", true],
  ] as const)(
    "as %s, minified %s, learns by the installed package, and alone by its workerPath",
    async (format, minify) => {
      const name = format === "esm" ? "main.mjs" : "main.cjs";
      await bundle(format, minify, join(app, "dist", `${minify}`, name));
      expect(await outcome(join(app, "dist", `${minify}`, name), app)).toEqual(whole);

      const alone = bare(format === "esm" ? "module" : "commonjs");
      await bundle(format, minify, join(alone, "main.js"));
      expect(await outcome("main.js", alone)).toEqual(withoutThread);
      await bundle(format, minify, join(alone, "learning.js"), join(home, "package", "dist", "worker", "main.js"));
      expect(await outcome("main.js", alone, "./learning.js")).toEqual(whole);
      // The program in the place of the thread is told by its text, and not run.
      expect(await outcome("main.js", alone, "./main.js")).toEqual(withoutThread);
      rmSync(alone, { recursive: true });
    },
  );

  it("is not started twice where the program stands in the thread's place", async () => {
    const alone = bare("module");
    mkdirSync(join(alone, "a", "b"), { recursive: true });
    mkdirSync(join(alone, "worker"));
    await bundle("esm", false, join(alone, "a", "b", "main.js"));
    cpSync(join(alone, "a", "b", "main.js"), join(alone, "worker", "main.js"));
    expect(await outcome(join(alone, "a", "b", "main.js"), alone)).toEqual(withoutThread);
    rmSync(alone, { recursive: true });
  });
});

describe("a bundle by webpack", () => {
  it.each(["module", "commonjs"] as const)("as %s holds the thread, and learns where nothing else is", async (type) => {
    const alone = bare(type);
    await new Promise<void>((resolve, reject) => {
      webpack(
        {
          mode: "production",
          // Minifying takes most of a minute, and is tried with esbuild.
          optimization: { minimize: false },
          target: "node20",
          entry: join(app, "app.mjs"),
          context: app,
          resolve: { symlinks: false },
          // LangSmith's client asks for what Node 20 has not; an ES module would fail on the missing name at its start.
          externals: { "node:zlib": "node-commonjs node:zlib" },
          experiments: { outputModule: type === "module" },
          output: {
            path: alone,
            filename: "main.js",
            ...(type === "module" && { module: true, chunkFormat: "module" }),
          },
        },
        (error, stats) => {
          if (error ?? stats?.hasErrors()) reject(error ?? new Error(stats?.toString("errors-only")));
          else resolve();
        },
      );
    });
    // The package is gone where the bundle runs.
    renameSync(join(home, "package"), join(home, "away"));
    try {
      expect(await outcome("main.js", alone)).toEqual(whole);
    } finally {
      renameSync(join(home, "away"), join(home, "package"));
    }
    expect(readdirSync(alone).filter((f) => f.endsWith(".js")).length).toBeGreaterThan(1);
    rmSync(alone, { recursive: true });
  });
});

describe("a bundle by Vite (Rollup's plug-ins and output)", () => {
  it("learns by the installed package, and alone says that it cannot", async () => {
    const bundle = (outDir: string) =>
      vite({
        root: app,
        logLevel: "silent",
        configFile: false,
        ssr: { noExternal: true },
        build: {
          ssr: join(app, "app.mjs"),
          outDir,
          emptyOutDir: false,
          rollupOptions: { output: { entryFileNames: "main.mjs" } },
        },
      });
    await bundle(join(app, "vite"));
    expect(await outcome(join(app, "vite", "main.mjs"), app)).toEqual(whole);
    const alone = bare("module");
    await bundle(alone);
    expect(await outcome("main.mjs", alone)).toEqual(withoutThread);
    rmSync(alone, { recursive: true });
  });
});
