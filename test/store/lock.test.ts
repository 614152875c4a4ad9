import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { digest, systemClock } from "../../src/core/index.js";
import { forgetHolder, newHolder } from "../../src/store/file/holder.js";
import { withLock } from "../../src/store/file/lock.js";
import { DEAD } from "./support/disk.js";

const folder = () => mkdtemp(join(tmpdir(), "lock-"));

describe("a lock file", () => {
  it("has one holder at a time, however many find that the one before has died", async () => {
    const where = await folder();
    const path = join(where, "x.lock");
    let holders = 0;
    const seen: number[] = [];
    for (let round = 0; round < 10; round++) {
      await writeFile(path, `${DEAD}-${round}`);
      const work = async () => {
        seen.push(++holders);
        await readdir(where);
        holders -= 1;
      };
      await Promise.all(Array.from({ length: 12 }, () => withLock(path, systemClock, work)));
    }
    expect(new Set(seen)).toEqual(new Set([1]));
    expect(seen.length).toBe(120);
    expect(await readdir(where)).toEqual([]);
  });

  it("of a holder that died is cleared away by one alone, also where that one dies too", async () => {
    const where = await folder();
    const path = join(where, "x.lock");
    const clearing = `${path}.${digest(DEAD, 12)}`;
    const other = newHolder();
    await writeFile(path, DEAD);
    await writeFile(clearing, other);
    // Somebody living is at it: whoever cleared the lock as well might clear the one that is taken next.
    const refused = withLock(path, systemClock, async () => {}, 20);
    await expect(refused).rejects.toMatchObject({ code: "STORE_LOCKED" });
    expect(await readFile(path, "utf8")).toBe(DEAD);
    forgetHolder(other);
    expect(await withLock(path, systemClock, async () => "mine")).toBe("mine");
    expect(await readdir(where)).toEqual([]);
  });
});
