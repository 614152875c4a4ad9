import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { folder } from "./recipes.js";

describe("recipes", () => {
  it.each(
    readdirSync(folder, { recursive: true })
      .map(String)
      .filter((f) => f.endsWith(".ts")),
  )("%s stays short", (file) => {
    expect(readFileSync(`${folder}${file}`, "utf8").split("\n").length).toBeLessThan(81);
  });
});
