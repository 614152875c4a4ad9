import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
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

  it.runIf(process.platform === "linux")(
    "is dead when its process has ended, whether or not the parent took note",
    async () => {
      // The second `cat` never asks for the end of the first, which it becomes the parent of.
      const parent = spawn("sh", ["-c", "cat <&3 & echo $!; exec cat"], { stdio: ["pipe", "pipe", "ignore", "pipe"] });
      const said = async () => String((await once(parent.stdout as Readable, "data"))[0]);
      const pid = Number(await said());
      const fields = async () => (await readFile(`/proc/${pid}/stat`, "latin1")).replace(/.*\) /s, "").split(" ");
      const holder = `${pid}-0-deadbeef-${(await fields())[19]}`;
      expect(isAlive(holder)).toBe(true);
      parent.stdin?.write("now it is cat");
      await said();
      (parent.stdio[3] as Writable).end();
      while ((await fields())[0] !== "Z");
      expect(isAlive(holder)).toBe(false);
      parent.stdin?.end();
      await once(parent, "exit");
    },
  );
});
