import { expect, it } from "vitest";
import { canUnshare, fileKills } from "../campaign/file-kills.campaign.js";

// A tenth of `npm run campaign -- file-kills`.
it("30 kills of writers in containers of their own lose nothing that was acknowledged, and double nothing", async () => {
  if (!canUnshare()) console.log("SKIPPED in part: no namespaces of process ids can be made here; one is used");
  const figures = await fileKills(30);
  expect(figures).toMatchObject({ lost: 0, twice: 0, changesLost: 0, namespaces: canUnshare() });
  expect(figures.acknowledged).toBeGreaterThan(100);
});
