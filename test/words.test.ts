import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src/", import.meta.url));
const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((f) => f.replaceAll("\\", "/"))
  .filter((f) => /\.tsx?$/.test(f) && !f.startsWith("dashboard/app/"))
  .map((file) => {
    const text = readFileSync(join(SRC, file), "utf8");
    return {
      file,
      room: file.split("/")[0] ?? "",
      text: text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, ""),
    };
  });

/** Options of different things that have the same default: PPO, DQN, cloning and offline Q-learning, each with its own. */
const APART: readonly string[] = [
  "training batchSize 64",
  "training gamma 0.99",
  "training learningRate 0.001",
  "training learningRate 0.002",
];

/** Names of what each file declares and exports. */
const EXPORTED =
  /^export (?:abstract )?(?:async )?(?:function\*?|class|interface|type|const|let|enum) ([A-Za-z_$][\w$]*)/gm;

/** The number that each option has by default where this code says so: `{ x = 5 }`, `o.x ?? 5`, `x: z.number().default(5)`. */
function defaultsIn(text: string): string[] {
  const found: [string, string][] = [];
  const destructured = /[{,]\s*((?:\w+(?:\s*=\s*[^,{}]+)?,\s*)*\w+\s*=\s*[^,{}]+[^{}]*)\}\s*(?:=|:)/g;
  for (const [, body = ""] of text.matchAll(destructured))
    for (const [, name = "", value = ""] of body.matchAll(/(\w+) = (-?[\d_.]+)(?![\w.])/g)) found.push([name, value]);
  for (const [, name = "", value = ""] of text.matchAll(/\.(\w+) \?\? (-?[\d_.]+)(?![\w.])/g))
    found.push([name, value]);
  for (const [, name = "", value = ""] of text.matchAll(/^\s+(\w+): .*\.default\((-?[\d_.]+)\)/gm))
    found.push([name, value]);
  // 0 and 1 are the same number everywhere, and mean different things.
  return found
    .filter(([, value]) => !/^-?[01]$/.test(value))
    .map(([name, value]) => `${name} ${value.replaceAll("_", "")}`);
}

/** The files in which each key stands, where these are several. */
function severalOf(entries: readonly (readonly [key: string, file: string])[]): Map<string, string[]> {
  const places = new Map<string, Set<string>>();
  for (const [key, file] of entries) places.set(key, (places.get(key) ?? new Set()).add(file));
  return new Map([...places].filter(([, of]) => of.size > 1).map(([key, of]) => [key, [...of]]));
}

describe("words", () => {
  it("have one meaning as exported names, over all rooms", () => {
    const names = files.flatMap(({ file, text }) =>
      [...text.matchAll(EXPORTED)].map(([, n = ""]) => [n, file] as const),
    );
    expect(names.length).toBeGreaterThan(1000);
    const twice = severalOf(names);
    expect([...twice]).toEqual([]);
  });

  it("have one default as options, written once in a room", () => {
    const defaults = files.flatMap(({ file, room, text }) =>
      defaultsIn(text).map((d) => [`${room} ${d}`, file] as const),
    );
    expect(defaults.length).toBeGreaterThan(100);
    expect([...severalOf(defaults)].filter(([key]) => !APART.includes(key))).toEqual([]);
  });

  it("are read as they are written", () => {
    const code =
      "const { a = 5, rest, b = 0.5 } = options;\nconst c = o.c ?? 1_000;\nz.object({\n  d: z.number().default(7),\n})";
    expect(defaultsIn(code)).toEqual(["a 5", "b 0.5", "c 1000", "d 7"]);
    const one = severalOf([
      ["a", "x"],
      ["a", "y"],
      ["b", "x"],
      ["b", "x"],
    ]);
    expect([...one]).toEqual([["a", ["x", "y"]]]);
  });
});
