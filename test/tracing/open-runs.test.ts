import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { OpenRuns } from "../../src/tracing/record/open-runs.js";
import { collectGarbage } from "../support/collect-garbage.js";

describe("what is under way", () => {
  it("is listed until it ends, before and after the event loop has turned", async () => {
    const open = new OpenRuns<{ name: string }>();
    const [a, b, c] = [{ name: "a" }, { name: "b" }, { name: "c" }];
    open.add(a);
    open.add(b);
    expect(open.list()).toEqual([a, b]);
    open.delete(a);
    await setImmediate();
    open.add(c);
    expect(open.list()).toEqual([c, b]);
    open.delete(b);
    open.delete(b);
    expect(open.list()).toEqual([c]);
    open.delete(c);
    await setImmediate();
    expect(open.list()).toEqual([]);
  });

  it("keeps nothing that has ended, in a loop that never yields", async () => {
    const open = new OpenRuns<object>();
    const heapOf = () => {
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = heapOf();
    for (let i = 0; i < 200; i++) {
      const run = { state: new Array(10_000).fill(i) };
      open.add(run);
      await undefined;
      open.delete(run);
    }
    // 200 runs of 80 KB would be 16 MB.
    expect(heapOf() - before).toBeLessThan(4e6);
  });

  it("is not kept alive by being listed, where nobody holds it", async () => {
    const open = new OpenRuns<object>();
    open.add({ dropped: true });
    await setImmediate();
    await setImmediate();
    collectGarbage();
    expect(open.list()).toEqual([]);
  });
});
