import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { z } from "zod";
import { decisionOptionsShape } from "../../src/routing/options.js";
import { captureOptionsSchema } from "../../src/tracing/options.js";

/** The defaults that a page's tables give: rows whose first cell names an option and whose second is a plain value. */
function statedIn(page: string): Map<string, unknown> {
  const text = readFileSync(fileURLToPath(new URL(`../../docs/${page}.md`, import.meta.url)), "utf8");
  const stated = new Map<string, unknown>();
  for (const [, names = "", values = ""] of text.matchAll(/^\| (`[^|]+) \| ([^|]+) \|/gm)) {
    if (values.trim() === "default") continue;
    const keys = [...names.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name);
    const given = values.replaceAll("`", "").split(", ");
    for (const [i, key] of keys.entries()) stated.set(key, (given[i] ?? given[0] ?? "").trim());
  }
  return stated;
}

/** An option's default as a page writes it; undefined where its schema has none. */
function defaultOf(schema: z.ZodType | undefined): string | undefined {
  const found = schema?.safeParse(undefined);
  return found?.success && found.data !== undefined && typeof found.data !== "object" ? String(found.data) : undefined;
}

it.each([
  ["routing", decisionOptionsShape, ["exploration", "control", "mode", "timeBudgetMs"]],
  ["capture", captureOptionsSchema.shape, ["captureState", "sampleRate", "keepFailures", "calls"]],
] as const)("the defaults that docs/%s.md gives are those of the schema", (page, shape, least) => {
  const stated = statedIn(page);
  const schemas = shape as Record<string, z.ZodType>;
  const checked = [...stated].filter(([key]) => defaultOf(schemas[key]) !== undefined);
  for (const [key, value] of checked) expect([key, value]).toEqual([key, defaultOf(schemas[key])]);
  expect(checked.map(([key]) => key)).toEqual(expect.arrayContaining([...least]));
});

it("finds a default that is not the schema's", () => {
  expect(defaultOf(z.number().default(0.05))).toBe("0.05");
  expect(defaultOf(z.number().optional())).toBeUndefined();
});
