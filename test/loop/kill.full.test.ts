import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { CollectiveLearningLoop, createRng } from "langgraph-collective-learning";
import { expect, it } from "vitest";
import { triageGraph } from "../support/triage.js";

const CHILD = fileURLToPath(new URL("../support/loop-child.ts", import.meta.url));
const TSX = fileURLToPath(new URL("../../node_modules/tsx/dist/cli.mjs", import.meta.url));
const ROUNDS = 8;

/** Runs the child until it has acknowledged `count` outcomes, then kills it; answers with what it acknowledged. */
function serveAndKill(dir: string, start: string, count: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [TSX, CHILD, dir, start], {
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    let out = "";
    let err = "";
    child.stderr.on("data", (d) => {
      err += d;
    });
    child.stdout.on("data", (d) => {
      out += d;
      // The whole group: tsx runs the script in a process of its own.
      if (out.split("\n").length > count && child.pid) process.kill(-child.pid, "SIGKILL");
    });
    child.on("close", () => {
      const lines = out.split("\n").slice(0, -1);
      if (lines.length < count) reject(new Error(`the child ended early: ${err}`));
      else resolve(lines);
    });
  });
}

it(`keeps every acknowledged outcome over ${ROUNDS} kills while it serves and learns`, async () => {
  const dir = mkdtempSync(join(tmpdir(), "kill-"));
  const rng = createRng("kills");
  const acknowledged: string[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const start = new Date(Date.UTC(2026, 0, 1 + round)).toISOString();
      acknowledged.push(...(await serveAndKill(dir, start, 30 + rng.int(70))));
      const loop = await CollectiveLearningLoop.open({ storagePath: dir });
      triageGraph(loop);
      for (const workflowId of [acknowledged[0], acknowledged.at(-1)] as string[]) {
        expect((await loop.feedback.getFeedback(workflowId)).current.map((f) => f.outcome)).toHaveLength(1);
        expect(await loop.getTrace(workflowId)).toMatchObject({ workflowId, status: "success" });
      }
      await loop.close();
    }
    const loop = await CollectiveLearningLoop.open({ storagePath: dir });
    triageGraph(loop);
    const cycle = await loop.triggerLearningCycle();
    expect(cycle.steps.filter((s) => s.state === "failed")).toEqual([]);
    const { facts, path } = await loop.exportLearningData("after");
    expect(facts.feedback).toBeGreaterThanOrEqual(acknowledged.length);
    const ids = readFileSync(join(path, "feedback.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((l) => JSON.parse(l).workflowId as string);
    expect(new Set(ids).size).toBe(ids.length);
    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
    await loop.close();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 240_000);
