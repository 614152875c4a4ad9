import { describe, expect, it } from "vitest";
import { forgetHolder, isAlive, newHolder } from "../../src/store/file/holder.js";
import { DEAD } from "./support/disk.js";

describe("a holder", () => {
  it("lives until it is forgotten, and no longer than its process", () => {
    const holder = newHolder();
    expect(isAlive(holder)).toBe(true);
    forgetHolder(holder);
    expect(isAlive(holder)).toBe(false);
    expect(isAlive(DEAD)).toBe(false);
    for (const none of ["", "free", "0-0-x", "12"]) expect(isAlive(none)).toBe(false);
  });

  it.runIf(process.platform === "linux")("is dead where another process has its id by now", () => {
    const [pid, , token, beginning] = newHolder().split("-");
    expect(Number(beginning)).toBeGreaterThan(0);
    expect(isAlive(`${process.ppid}-0-${token}-1`)).toBe(false);
    expect(isAlive(`${pid}-7-${token}-1`)).toBe(false);
    expect(isAlive(`${pid}-7-${token}-${beginning}`)).toBe(true);
    // Names of an earlier release do not tell.
    expect(isAlive(`${process.ppid}-0-${token}`)).toBe(true);
  });
});
