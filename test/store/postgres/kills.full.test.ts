import { expect, it } from "vitest";
import { postgresKills } from "../../campaign/postgres-kills.campaign.js";

it("50 kills of writers, learners and the server lose nothing that was acknowledged and double nothing", async () => {
  const figures = await postgresKills(50, 7);
  expect(figures).toMatchObject({ kills: 50, lost: 0, twice: 0 });
  expect(figures.acknowledged).toBeGreaterThan(500);
  expect(figures.servers).toBeGreaterThan(2);
  // The learners' cursor passed over nothing, and met nothing again.
  expect(figures.followed).toBe(figures.there);
});
