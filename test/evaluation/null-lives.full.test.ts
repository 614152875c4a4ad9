import { expect, it } from "vitest";
import { campaign } from "../support/campaign.js";

it("a life of the loop itself in each of ten worlds without a gain promotes nothing", async () => {
  const { lives, wrong } = await campaign("null-lives", 1);
  expect(lives).toBe(1);
  expect(Object.keys(wrong as object)).toHaveLength(10);
  // At a risk of one in twenty a life: of these ten, the seeds being fixed, none.
  expect(Object.values(wrong as Record<string, number>).filter((n) => n > 0)).toEqual([]);
}, 1_200_000);
