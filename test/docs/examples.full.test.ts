import { describe, it } from "vitest";
import { LONG, runsOffline } from "./examples.js";

describe("long examples", () => {
  it.concurrent.each(LONG)("%s runs offline and shows what it promises", runsOffline, 600_000);
});
