import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const manifest = JSON.parse(readFileSync(fileURLToPath(new URL("../../package.json", import.meta.url)), "utf8")) as {
  exports: Record<string, unknown>;
};
const entries = Object.keys(manifest.exports).filter((name) => name !== "./package.json" && name !== "./worker");

describe("what the package exports", () => {
  // A change here is a change of the public API: it belongs into the changelog.
  it.each(entries)("%s", async (entry) => {
    const names = Object.keys(await import(entry.replace(/^\./, "langgraph-collective-learning"))).sort();
    expect(names).toMatchSnapshot();
  });

  it("at the front door is no more than a quick start needs", async () => {
    const names = Object.keys(await import("langgraph-collective-learning"));
    expect(names.length).toBeLessThanOrEqual(30);
    for (const internal of ["hash32", "takingTurns", "oneAtATime", "Recent", "digest", "show"])
      expect(names).not.toContain(internal);
  });
});
