import { describe, it } from "vitest";
import { EXPECTED, runsOffline } from "./recipes.js";

describe("recipes that need no server", () => {
  it.concurrent.each(Object.keys(EXPECTED))("%s runs offline and shows what it promises", runsOffline, 600_000);
});
