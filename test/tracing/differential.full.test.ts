import { expect, it } from "vitest";
import { compare } from "./differential/compare.js";

it("50 random graphs do the same wrapped as bare, down to each chunk, checkpoint and key of a config", async () => {
  const { differences, ...found } = await compare(0, 50);
  expect(differences).toEqual([]);
  expect(found.graphs).toBe(50);
  expect(found.chunks).toBeGreaterThan(300);
  // Three of the four ways record.
  expect(found.segments).toBeGreaterThanOrEqual(3 * 50);
});
