// Bundles the page into dist/dashboard/app.json: one script and one style, nothing fetched at run time. The report's parts
// go to dist/dashboard/report.cjs, which renders them to a text.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const MOST_GZIPPED_BYTES = 120 * 1024;
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const bundled = (entry, options) =>
  build({
    entryPoints: [at(entry)],
    bundle: true,
    minify: true,
    write: false,
    outdir: at("../../../dist/dashboard"),
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "warning",
    ...options,
  });
const result = await bundled("main.tsx", { format: "iife" });
const report = await bundled("report.tsx", { format: "cjs", platform: "node" });
const textOf = (end) => result.outputFiles.find((f) => f.path.endsWith(end))?.text.trim() ?? "";
// Inside a script element only these could end it or begin a comment.
const script = textOf(".js").replaceAll("</script", "<\\/script").replaceAll("<!--", "<\\!--");
const style = textOf(".css").replaceAll("</style", "<\\/style");
const size = gzipSync(script + style).length;
if (size > MOST_GZIPPED_BYTES) throw new Error(`the page is ${size} bytes gzipped; at most ${MOST_GZIPPED_BYTES}`);
mkdirSync(at("../../../dist/dashboard"), { recursive: true });
writeFileSync(at("../../../dist/dashboard/app.json"), JSON.stringify({ script, style }));
const rendering = report.outputFiles.find((f) => f.path.endsWith(".js"))?.text ?? "";
writeFileSync(at("../../../dist/dashboard/report.cjs"), rendering);
