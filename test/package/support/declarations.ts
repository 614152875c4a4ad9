import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  exports: Record<string, { import?: { types: string } }>;
};

/** What the package exports under a name of its own: `.`, `./policies` and so on. */
export const ENTRIES = Object.keys(manifest.exports).filter((name) => manifest.exports[name]?.import);

/** A public name as its declarations describe it. */
export interface Declared {
  name: string;
  kind: "function" | "class" | "const" | "interface" | "type";
  /** Whether it names a type alone, and no value. */
  isType: boolean;
  /** Its doc comment, empty where there is none. */
  comment: string;
  /** What stands in a class, doc comments among it. */
  members: string;
}

const DECLARATION =
  /(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\s*)?^export (?:declare )?(?:abstract )?(function|class|const|interface|type) (\w+)/gm;

/** The names that a declaration file exports itself or passes on. */
function declaredIn(file: string, only?: ReadonlySet<string>): Declared[] {
  const text = readFileSync(file, "utf8");
  const own = [...text.matchAll(DECLARATION)]
    .map(({ 0: { length }, 1: comment = "", 2: kind = "", 3: name = "", index }) => {
      const end = text.indexOf("\n}", index + length);
      const members = kind === "class" ? text.slice(index + length, end === -1 ? undefined : end) : "";
      const isType = kind === "interface" || kind === "type";
      return { name, kind: kind as Declared["kind"], isType, comment, members };
    })
    .filter(({ name }) => !only || only.has(name));
  const from = (path: string) => join(dirname(file), `${path}.d.ts`);
  const passedOn = [...text.matchAll(/^export (type )?\{([^}]*)\} from "(\.[^"]+)\.js"/gm)].flatMap(
    ([, allTypes, list = "", path = ""]) => {
      const listed = list.split(",").map((n) => /^\s*(type )?(\w+)/.exec(n));
      const types = new Map(
        listed.flatMap((m) => (m?.[2] ? [[m[2], allTypes !== undefined || m[1] !== undefined]] : [])),
      );
      const wanted = new Set([...types.keys()].filter((n) => !only || only.has(n)));
      return declaredIn(from(path), wanted).map((one) => ({
        ...one,
        isType: one.isType || types.get(one.name) === true,
      }));
    },
  );
  const all = [...text.matchAll(/^export (type )?\* from "(\.[^"]+)\.js"/gm)].flatMap(([, typesOnly, path = ""]) =>
    declaredIn(from(path), only).filter(({ kind }) => !typesOnly || kind === "interface" || kind === "type"),
  );
  return [...own, ...passedOn, ...all];
}

/** The names of an entry, each once. */
export function declarationsOf(entry: string): Declared[] {
  const all = declaredIn(join(ROOT, manifest.exports[entry]?.import?.types ?? ""));
  return [...new Map(all.map((one) => [one.name, one])).values()];
}
