import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const manifest = JSON.parse(readFileSync(fileURLToPath(new URL("../../package.json", import.meta.url)), "utf8")) as {
  exports: Record<string, { import?: { types: string } }>;
};
const root = fileURLToPath(new URL("../../", import.meta.url));

/** All names that a file of declarations exports, types among them. */
function declared(file: string): string[] {
  const text = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
  const own = [...text.matchAll(/^export (?:declare )?(?:abstract )?(?:interface|type|class|function|const) (\w+)/gm)];
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = ""]) =>
    list.split(",").map((name) =>
      name
        .trim()
        .replace(/^type /, "")
        .replace(/^.* as /, ""),
    ),
  );
  const passedOn = [...text.matchAll(/^export (?:type )?\* from "(\.[^"]+)\.js"/gm)].flatMap(([, path = ""]) =>
    declared(join(dirname(file), `${path}.d.ts`)),
  );
  return [...own.map(([, name = ""]) => name), ...listed.filter(Boolean), ...passedOn];
}

const entries = Object.keys(manifest.exports).filter((name) => name !== "./package.json" && name !== "./worker");

describe("what the package exports", () => {
  // A change here is a change of the public API: it belongs into the changelog.
  it.each(entries)("%s", async (entry) => {
    const names = Object.keys(await import(entry.replace(/^\./, "langgraph-collective-learning"))).sort();
    expect(names).toMatchSnapshot();
  });

  it.each(entries)("%s, with its types", async (entry) => {
    const values = Object.keys(await import(entry.replace(/^\./, "langgraph-collective-learning")));
    const all = new Set(declared(join(root, manifest.exports[entry]?.import?.types ?? "")));
    expect(values.filter((name) => name !== "default" && !all.has(name))).toEqual([]);
    expect([...all].filter((name) => !values.includes(name)).sort()).toMatchSnapshot();
  });

  it("at the front door is no more than a quick start needs", async () => {
    const names = Object.keys(await import("langgraph-collective-learning"));
    expect(names.length).toBeLessThanOrEqual(30);
    for (const internal of ["hash32", "takingTurns", "oneAtATime", "Recent", "digest", "show"])
      expect(names).not.toContain(internal);
  });
});
