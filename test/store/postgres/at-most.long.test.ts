import { expect, it } from "vitest";
import { atMost } from "../../../src/store/postgres/at-most.js";

it("lets so many go on at once, in order, also where some fail", async () => {
  const inTurn = atMost(2);
  const ends: (() => void)[] = [];
  const begun: number[] = [];
  const all = [0, 1, 2, 3].map((n) =>
    inTurn(async () => {
      begun.push(n);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (n === 0) throw new Error("no");
      return n;
    }),
  );
  const settled = Promise.allSettled(all);
  const turn = () => new Promise(setImmediate);
  await turn();
  expect(begun).toEqual([0, 1]);
  ends[0]!();
  await turn();
  expect(begun).toEqual([0, 1, 2]);
  ends[1]!();
  ends[2]!();
  await turn();
  ends[3]!();
  expect((await settled).map((r) => r.status)).toEqual(["rejected", "fulfilled", "fulfilled", "fulfilled"]);
});
