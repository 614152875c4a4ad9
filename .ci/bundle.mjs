// Writes the code of every entry of the package, what they share in files of its own: one file loads in the time of one,
// hundreds of small ones take a third of a second. Nothing from other packages goes in.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../", import.meta.url));
const { exports, bin } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const entries = new Set([
  ...Object.values(exports).flatMap((entry) => entry.import?.default ?? []),
  ...Object.values(bin),
  // The front of each room, and the command line as a function.
  ...readdirSync(join(root, "src"))
    .filter((room) => existsSync(join(root, "src", room, "index.ts")))
    .map((room) => `./dist/${room}/index.js`),
  "./dist/cli/run.js",
]);

// Two folders down, as the sources are that look for files of the build beside them.
const SHARED = "shared/chunks";
const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: [...entries].map((entry) => entry.replace("./dist/", "src/").replace(/\.js$/, ".ts")),
  outbase: "src",
  outdir: "dist",
  chunkNames: `${SHARED}/[name]-[hash]`,
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "es2022",
  packages: "external",
  legalComments: "none",
  logLevel: "warning",
  write: false,
});
// What is as it was is not touched: programs may be running from it.
for (const { path, text } of outputFiles) {
  if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}
const made = new Set(outputFiles.map(({ path }) => path));
for (const file of readdirSync(join(root, "dist", SHARED)))
  if (!made.has(join(root, "dist", SHARED, file))) rmSync(join(root, "dist", SHARED, file));
for (const { path, text } of outputFiles)
  for (const [, to] of text.matchAll(/new URL\("(\.[^"]+)", import\.meta\.url\)/g))
    if (!existsSync(join(dirname(path), to))) throw new Error(`${path} looks for ${to}, which is not there`);
