import { describe, expect, it } from "vitest";
import type { DecisionRow } from "../../src/dataset/index.js";
import { decidePromotion, type JudgedDecision } from "../../src/evaluation/index.js";
import { clusterKey, ripeClusters } from "../../src/evaluation/point/cluster.js";
import { seeded } from "./worlds.js";

/** Thirty people, half of them better and half worse served by the other way: nothing is gained for people at large. */
function people(seed: string, gain = 0): JudgedDecision[] {
  const rng = seeded(seed);
  const rows: JudgedDecision[] = [];
  for (let u = 0; u < 30; u++) {
    const effect = gain + (rng.next() < 0.5 ? 0.35 : -0.35) * (gain > 0 ? 0.1 : 1);
    for (let i = 0; i < 60; i++) {
      const chosen = rng.next() < 0.25 ? 1 : 0;
      const reward = Number(rng.next() < 0.5 + (chosen ? effect : 0));
      const base = { chosen, reward, logging: [0.75, 0.25], target: [0, 1], baseline: [1, 0], model: [0.5, 0.5] };
      rows.push({ ...base, run: `${u}/${i}`, cluster: `u${u}` });
    }
  }
  return rows;
}

describe("a proof for people at large", () => {
  const promoted = (rows: JudgedDecision[]) =>
    decidePromotion({ rows, challenger: "b", power: 0.01 }).action === "promote";
  const count = (n: number, of: (i: number) => boolean) =>
    Array.from({ length: n }, (_, i) => of(i)).filter(Boolean).length;

  it("counts each of them once: what only suits those who happened to come is not promoted", () => {
    const worlds = Array.from({ length: 24 }, (_, i) => people(`p${i}`));
    expect(count(24, (i) => promoted(worlds[i]))).toBeLessThanOrEqual(3);
    const byRun = worlds.map((rows) => rows.map(({ cluster: _, ...row }) => row));
    expect(count(24, (i) => promoted(byRun[i] as JudgedDecision[]))).toBeGreaterThan(3);
  });

  it("is found where most people gain", () => {
    expect(count(5, (i) => promoted(people(`g${i}`, 0.3)))).toBeGreaterThanOrEqual(4);
  });

  it("bets on a person once, on a day that begins with the first decision", () => {
    const hour = (h: number) => new Date(Date.UTC(2026, 0, 1) + h * 3_600_000).toISOString();
    const row = (userId: string | undefined, h: number) =>
      ({ workflowId: `w${userId}${h}`, userId, threadId: "t", at: hour(h) }) as DecisionRow;
    const rows = [row("a", 0), row("a", 23), row("a", 30), row("b", 20), row("c", 1)];
    const ripe = (now: number, seen: string[] = []) =>
      [...ripeClusters(rows, "user", hour(now), (key) => seen.includes(key))].map(([key, own]) => [key, own.length]);
    expect(ripe(23)).toEqual([]);
    expect(ripe(26)).toEqual([
      ["user a", 2],
      ["user c", 1],
    ]);
    expect(ripe(50, ["user a"])).toEqual([
      ["user b", 1],
      ["user c", 1],
    ]);
    expect(clusterKey(row(undefined, 3), "user")).toBe("thread t");
    expect(clusterKey(row("a", 3), "thread")).toBe("thread t");
    expect(clusterKey(row("a", 3), "run")).toBe("run wa3");
  });
});
