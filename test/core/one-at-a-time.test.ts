import { describe, expect, it } from "vitest";
import { oneAtATime } from "../../src/core/index.js";

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("one at a time", () => {
  it("runs what is asked for in order, each when the one before has ended, well or not", async () => {
    const inTurn = oneAtATime();
    const events: string[] = [];
    let end = (_: Error) => {};
    const first = inTurn(() => {
      events.push("first");
      return new Promise<void>((_, reject) => {
        end = reject;
      });
    });
    const second = inTurn(() => events.push("second"));
    const third = inTurn(async () => events.push("third"));
    await settle();
    expect(events).toEqual(["first"]);
    end(new Error("no"));
    await expect(first).rejects.toThrow("no");
    expect(await Promise.all([second, third])).toEqual([2, 3]);
    expect(await inTurn(() => "later")).toBe("later");
  });

  it("gives the error of work that fails before its first step to whoever asked", async () => {
    const inTurn = oneAtATime();
    const failing = inTurn(() => {
      throw new Error("at once");
    });
    await expect(failing).rejects.toThrow("at once");
  });

  it("lets different keys go on side by side", async () => {
    const inTurn = oneAtATime();
    void inTurn(() => new Promise(() => {}), "a");
    expect(await inTurn(() => "free", "b")).toBe("free");
  });
});
