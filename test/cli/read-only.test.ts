import { execFile } from "node:child_process";
import { chmodSync, chownSync, mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { expect, it } from "vitest";
import { triageGraph } from "../support/triage.js";

const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
/** Root may write everywhere: where the tests run as root, the command runs as somebody else, who must get at it. */
const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;

function isOpenToAll(path: string): boolean {
  const above = dirname(path);
  return above === path || ((statSync(above).mode & 0o001) !== 0 && isOpenToAll(above));
}

function* within(folder: string): Iterable<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* within(path);
    yield path;
  }
}

const contentOf = (folder: string) =>
  Object.fromEntries(
    [...within(folder)].map((path) => [path, statSync(path).isDirectory() ? "" : readFileSync(path, "latin1")]),
  );

it.skipIf(isRoot && !isOpenToAll(main))(
  "status reads a folder that may not be written, and leaves it as it is",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "read-only-"));
    const loop = await CollectiveLearningLoop.open({ storagePath: folder });
    const graph = triageGraph(loop);
    for (let n = 0; n < 12; n++)
      await graph.invoke({ topic: "crash", noise: n / 12 }, { metadata: { workflowId: `${n}` } });
    for (let n = 0; n < 12; n++) await loop.feedback.submitOutcome(`${n}`, n % 2);
    await loop.triggerLearningCycle();
    await loop.close();
    const before = contentOf(folder);
    for (const path of [...within(folder), folder]) {
      if (isRoot) chownSync(path, NOBODY, NOBODY);
      chmodSync(path, statSync(path).isDirectory() ? 0o500 : 0o400);
    }
    const { stdout, stderr } = await promisify(execFile)(
      process.execPath,
      [main, "status", "--dir", folder, "--json"],
      isRoot ? { uid: NOBODY, gid: NOBODY, cwd: tmpdir() } : { cwd: tmpdir() },
    );
    expect(stderr).toBe("");
    const status = JSON.parse(stdout);
    expect(status).toMatchObject({ cyclesCompleted: 1, decisionPoints: [{ decisionPoint: "triage", decisions: 12 }] });
    expect(contentOf(folder)).toEqual(before);
    for (const path of [folder, ...within(folder)]) chmodSync(path, 0o700);
  },
);
