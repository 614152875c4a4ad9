import { expect, it } from "vitest";
import { fileDamage } from "../campaign/file-damage.campaign.js";

// A tenth of `npm run campaign -- file-damage`.
it("a folder damaged in any one place gives coded errors at most, loses no neighbour, and goes on", async () => {
  expect(await fileDamage(30)).toEqual({ folders: 30, uncoded: [], neighboursLost: 0, documentsLost: 0, stuck: 0 });
});
