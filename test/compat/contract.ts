import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { advised, answersOf, countsOf, factsIn, listener, TICKETS } from "./answers.js";

type Opened = Awaited<ReturnType<typeof answersOf>>;
type Answers = Opened["answers"];

/**
 * Checks that a copy of the folder a release wrote is read whole, serves the choices that the release itself served,
 * and can be learned from.
 */
export function itOpensTheFolderOf(release: string): void {
  const expected = JSON.parse(readFileSync(join(import.meta.dirname, `expected-${release}.json`), "utf8")) as Answers;
  const work = mkdtempSync(join(tmpdir(), "compat-"));
  const folder = join(work, "folder");
  let opened: Opened;

  beforeAll(async () => {
    execFileSync("tar", ["-xzf", join(import.meta.dirname, `folder-${release}.tar.gz`), "-C", work]);
    opened = await answersOf(folder, expected.now, expected.contexts);
  });
  afterAll(async () => {
    await opened.loop.close();
    rmSync(work, { recursive: true, force: true });
  });

  it("reads every fact", () => {
    expect(opened.answers.counts).toEqual(expected.counts);
  });

  it("reads all that was in them", () => {
    // Later releases may know more of a run.
    expect(opened.answers.samples).toMatchObject(expected.samples);
  });

  it("knows the same versions, modes, prompts, experiments, requests and patterns", () => {
    expect(opened.answers.known).toEqual(expected.known);
  });

  it("would choose the same in the same contexts", () => {
    for (const [point, asked] of Object.entries(expected.contexts)) expect(asked.length, point).toBeGreaterThan(20);
    expect(differences(opened.answers.advice, expected.advice)).toEqual([]);
  });

  it("serves the same in new runs", () => {
    expect(differences(opened.answers.served, expected.served)).toEqual([]);
  });

  it("predicts rewards of the same runs, close to what it said, without members that are no more", () => {
    const means = (predictions: object) =>
      Object.entries(predictions).flatMap(([run, targets]) =>
        Object.entries(targets as Record<string, { mean: number }>).map(([target, { mean }]) => ({
          run,
          target,
          mean,
        })),
      );
    const [now, then] = [means(opened.answers.predictions), means(expected.predictions)];
    expect(then.length).toBeGreaterThan(3);
    expect(now.map((p) => [p.run, p.target])).toEqual(then.map((p) => [p.run, p.target]));
    now.forEach((p, i) => {
      expect(Math.abs(p.mean - (then[i]?.mean ?? Number.NaN))).toBeLessThan(0.15);
    });
  });

  it("says nothing of damage, and warns of nothing new", () => {
    expect(opened.complaints).toEqual([]);
  });

  it("learns from it, serves on, and exports everything", async () => {
    const { loop, clock, complaints } = opened;
    for (let n = 0; n < TICKETS; n++) await loop.feedback.submitOutcome(`again-${n}`, 0.9);
    clock.advance(60_000);
    const cycle = await loop.triggerLearningCycle();
    expect(cycle.cycle).toBe(expected.known.cyclesCompleted + 1);
    expect(cycle.steps.filter((s) => s.state === "failed")).toEqual([]);
    const done = cycle.steps.filter((s) => s.state === "done").map((s) => s.component);
    expect(done).toEqual(expect.arrayContaining(Object.keys(expected.known.components)));
    for (const [point, asked] of Object.entries(expected.contexts))
      for (const { source, probabilities } of await advised(loop, point, asked)) {
        expect([point, source]).toEqual([point, "policy"]);
        expect(Object.values(probabilities).reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 9);
      }
    const { facts } = await loop.exportLearningData("all");
    await loop.close();
    const { trace, decision, feedback } = countsOf(await factsIn(folder, listener().logger));
    expect(facts).toEqual({ trace: trace.segments, decision: decision.all, feedback: feedback.all });
    expect(feedback.all).toBe(expected.counts.feedback.all + TICKETS);
    expect(complaints).toEqual([]);
  });
}

/** Where two values of plain data are not the same, numbers to 1e-9. */
function differences(actual: unknown, expected: unknown, path = "$"): string[] {
  if (typeof actual === "number" && typeof expected === "number" && Math.abs(actual - expected) <= 1e-9) return [];
  if (typeof actual === "object" && typeof expected === "object" && actual && expected) {
    const keys = new Set([...Object.keys(actual), ...Object.keys(expected)]);
    const at = (value: object, key: string) => (value as Record<string, unknown>)[key];
    return [...keys].flatMap((key) => differences(at(actual, key), at(expected, key), `${path}.${key}`));
  }
  return actual === expected ? [] : [`${path}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`];
}
