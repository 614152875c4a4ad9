// Writes the code of every entry of the package, what they share in files of its own: one file loads in the time of one,
// hundreds of small ones take a third of a second. Nothing from other packages goes in.
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
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
rmSync(join(root, "dist/shared"), { recursive: true, force: true });
const { metafile } = await build({
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
  metafile: true,
});
for (const file of Object.keys(metafile.outputs))
  for (const [, path] of readFileSync(join(root, file), "utf8").matchAll(/new URL\("(\.[^"]+)", import\.meta\.url\)/g))
    if (!existsSync(join(root, dirname(file), path))) throw new Error(`${file} looks for ${path}, which is not there`);
