import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  exports: Record<string, { import?: { types: string } }>;
};

/** A public value as its declarations describe it. */
interface Declared {
  name: string;
  kind: string;
  comment: string;
}

/** The functions, classes and constants that a declaration file exports itself or passes on, each with its doc comment. */
function declaredIn(file: string, only?: ReadonlySet<string>): Declared[] {
  const text = readFileSync(file, "utf8");
  const own = [
    ...text.matchAll(
      /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*)?^export (?:declare )?(?:abstract )?(function|class|const) (\w+)/gm,
    ),
  ]
    .map(([, comment = "", kind = "", name = ""]) => ({ name, kind, comment }))
    .filter(({ name }) => !only || only.has(name));
  const from = (path: string) => join(dirname(file), `${path}.d.ts`);
  const listed = [...text.matchAll(/^export \{([^}]*)\} from "(\.[^"]+)\.js"/gm)].flatMap(
    ([, list = "", path = ""]) => {
      const names = list.split(",").map((n) => n.trim().replace(/ as .*/, ""));
      const values = names.filter((n) => n !== "" && !n.startsWith("type ") && (!only || only.has(n)));
      return declaredIn(from(path), new Set(values));
    },
  );
  const all = [...text.matchAll(/^export \* from "(\.[^"]+)\.js"/gm)].flatMap(([, path = ""]) =>
    declaredIn(from(path), only),
  );
  return [...own, ...listed, ...all];
}
const typesOf = (entry: string) => join(ROOT, manifest.exports[entry]?.import?.types ?? "");

describe("doc comments", () => {
  const entries = Object.keys(manifest.exports).filter((name) => manifest.exports[name]?.import);

  it.each(entries)("say what every function, class and constant of %s is", (entry) => {
    expect(declaredIn(typesOf(entry)).flatMap(({ name, comment }) => (comment === "" ? [name] : []))).toEqual([]);
  });

  it("show how each function and class of the front door is used", () => {
    const front = declaredIn(typesOf(".")).filter(({ kind }) => kind !== "const");
    expect(front.length).toBeGreaterThan(10);
    expect(front.flatMap(({ name, comment }) => (comment.includes("@example") ? [] : [name]))).toEqual([]);
  });
});
