import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { afterEach } from "vitest";

/** Opens loops over folders of their own; both are gone after each test of the file that asked. */
export function openedLoops() {
  const folders: string[] = [];
  const loops: CollectiveLearningLoop[] = [];
  afterEach(async () => {
    await Promise.all(loops.splice(0).map((l) => l.close()));
    for (const f of folders.splice(0)) rmSync(f, { recursive: true, force: true });
  });
  return async (change: Parameters<typeof CollectiveLearningLoop.open>[0] = {}) => {
    const storagePath = change.storagePath ?? mkdtempSync(join(tmpdir(), "loop-"));
    folders.push(storagePath);
    const clock = (change.clock as ManualClock | undefined) ?? new ManualClock();
    const loop = await CollectiveLearningLoop.open({ seed: 1, ...change, storagePath, clock });
    loops.push(loop);
    return { loop, clock, storagePath };
  };
}

/** What a cycle said of routing. */
export const messages = (cycle: { steps: { component: string; message: string }[] }) =>
  cycle.steps.filter((s) => s.component.startsWith("routing")).map((s) => s.message);
