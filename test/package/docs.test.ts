import { describe, expect, it } from "vitest";
import { declarationsOf, ENTRIES } from "./support/declarations.js";

describe("doc comments", () => {
  it.each(ENTRIES)("say what every name of %s is", (entry) => {
    expect(declarationsOf(entry).flatMap(({ name, comment }) => (comment === "" ? [name] : []))).toEqual([]);
  });

  it.each(ENTRIES)("show how each function and class of %s is used", (entry) => {
    const used = declarationsOf(entry).filter(({ kind }) => kind === "function" || kind === "class");
    expect(used.flatMap(({ name, comment }) => (comment.includes("@example") ? [] : [name]))).toEqual([]);
  });

  it("are looked for where they are: the front door and its neighbours have many names", () => {
    const names = ENTRIES.flatMap((entry) => declarationsOf(entry));
    expect(names.filter(({ kind }) => kind === "function").length).toBeGreaterThan(200);
    expect(names.filter(({ kind }) => kind === "interface").length).toBeGreaterThan(200);
  });
});
