// Writes the declarations that CommonJS projects see: a copy of each that an entry leads to, as .d.cts. The code is the
// same ES module for both, which Node can require: two copies in one process would not know of each other.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const RELATIVE = /((?:\bfrom\s+|\bimport\()")(\.{1,2}\/[^"]+)\.js(")/g;

const queue = Object.values(exports).flatMap((entry) => (entry.import ? [join(root, entry.import.types)] : []));
const done = new Set();
for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
  if (done.has(file)) continue;
  done.add(file);
  const text = readFileSync(file, "utf8");
  for (const [, , path] of text.matchAll(RELATIVE)) queue.push(join(dirname(file), `${path}.d.ts`));
  writeFileSync(file.replace(/\.d\.ts$/, ".d.cts"), text.replace(RELATIVE, "$1$2.cjs$3"));
}
