import { expect, it } from "vitest";
import { ManualClock } from "../../src/core/index.js";
import { openRegistry } from "../../src/registry/index.js";
import { createMemoryStore } from "../../src/store/index.js";

it("a version is put on trial, promoted out of it, and barred once it fell", async () => {
  const clock = new ManualClock();
  const { documents, blobs } = createMemoryStore({ clock });
  const registry = await openRegistry({ documents, blobs, clock });
  const name = "policy/way";
  for (const n of [1, 2]) await registry.publish(name, "routing-policy", { n }, { rows: n });
  const terms = { share: 0.1, uniform: 0.02, unit: "decision" as const };
  await registry.tryOut(name, "v1", terms, "first");
  expect(registry.onTrial(name)).toEqual({ version: "v1", ...terms });
  await registry.promote(name, "v1", "proven");
  expect(registry.onTrial(name)).toBeUndefined();
  await registry.tryOut(name, "v2", terms, "second");
  // Another process over the same store sees the trial.
  expect((await openRegistry({ documents, blobs, clock })).onTrial(name)?.version).toBe("v2");
  await registry.promote(name, "v2", "proven");
  await registry.rollback(name, "fell", { to: "v1", bar: true });
  expect([registry.champion(name)?.version, registry.barred(name)]).toEqual(["v1", ["v2"]]);
  await expect(registry.tryOut(name, "v2", { ...terms, share: 2 }, "")).rejects.toThrow(/ARTIFACT_INVALID/);
});
