import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src/", import.meta.url));

/** Files whose values are unknown until they are read there: of snapshots, configs, documents, modules of the user's. */
const READS_UNKNOWN: Readonly<Record<string, string>> = {
  "cli/commands/check.ts": "a module of the user's",
  "integrations/parquet/export.ts": "a table whose rows go by the kind",
  "policies/models/mixture.ts": "a snapshot",
  "rewards/members/mlp.ts": "a snapshot",
  "rewards/members/ridge.ts": "a snapshot",
  "sentinel/answer.ts": "an agent's answer",
  "tracing/tap/tap-node.ts": "LangGraph's own configurable",
};

/** Casts of what stands at an index or key, such as `x[i] as number`; empty lists that grow are none. */
const castsIn = (text: string) =>
  text
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
    .split("\n")
    .filter((line) => /[\w)\]]\[[^\]]+\] as (?!const\b|never\b)/.test(line));

it("no value at an index is cast, but where it was unknown", () => {
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .map((f) => f.replaceAll("\\", "/"))
    .filter((f) => /\.tsx?$/.test(f) && !f.startsWith("dashboard/app/"));
  expect(files.length).toBeGreaterThan(500);
  const found = files.filter((f) => castsIn(readFileSync(join(SRC, f), "utf8")).length > 0);
  expect(found.sort()).toEqual(Object.keys(READS_UNKNOWN).sort());
});

it("casts are seen as they are written", () => {
  expect(
    castsIn("const a = x[i] as number;\nf(y.z[0] as Foo);\nconst b = [1, 2] as const;\nconst c = [] as Foo[];"),
  ).toEqual(["const a = x[i] as number;", "f(y.z[0] as Foo);"]);
});
