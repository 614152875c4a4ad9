import { readdirSync } from "node:fs";
import { describe, it } from "vitest";
import { FIRST, folder, runsOffline } from "./examples.js";

const others = readdirSync(folder).filter((f) => f.endsWith(".ts") && !FIRST.includes(f));

describe("the other examples", () => {
  it.concurrent.each(others)("%s runs offline and shows what it promises", runsOffline, 600_000);
});
