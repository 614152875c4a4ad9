import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sharedLook } from "../../src/store/file/shared-look.js";
import { VersionedFile, versionsIn } from "../../src/store/file/versioned-file.js";

it("is one look for a hundred who ask at once, and another for who asks when it has begun", async () => {
  let begun = 0;
  const ends: (() => void)[] = [];
  const look = sharedLook(() => {
    const number = ++begun;
    return new Promise<number>((resolve) => ends.push(() => resolve(number)));
  });
  const first = Promise.all(Array.from({ length: 100 }, look));
  await Promise.resolve();
  const second = [look(), look()];
  expect(begun).toBe(1);
  ends[0]();
  expect(new Set(await first)).toEqual(new Set([1]));
  await Promise.resolve();
  ends[1]();
  expect(await Promise.all(second)).toEqual([2, 2]);
});

it("goes on after a look that failed", async () => {
  let begun = 0;
  const look = sharedLook(async () => {
    if (++begun === 1) throw new Error("no folder");
    return begun;
  });
  const [failed, after] = [look(), look()];
  await expect(failed).rejects.toThrow("no folder");
  await expect(after).rejects.toThrow("no folder");
  expect(await look()).toBe(2);
});

it("tells versions apart by their names, those of release 0.1.0 and odd ones as well", async () => {
  const folder = await mkdtemp(join(tmpdir(), "versions-"));
  const files = ["a@2.json", "a@10.json", "a.json", "a.json.bak", "a@3.json.x.tmp", "a.json.damaged-1", "@1.json"];
  const odd = [".json@4.json", "a.json@5.json", "a-0@6.json", "b@0.json", "b@7.json.bak", "note.txt"];
  for (const file of [...files, ...odd]) await writeFile(join(folder, file), "{}");
  const versions = (name: string) => new VersionedFile(folder, name).versions();
  expect(await versions("a")).toEqual([10, 2, 0, -1]);
  expect([await versions(""), await versions(".json"), await versions("a.json")]).toEqual([[1], [4], [5]]);
  expect([await versions("a-0"), await versions("b")]).toEqual([[6], []]);
  expect([...(await versionsIn(folder)).keys()]).not.toContain("note.txt");
});
