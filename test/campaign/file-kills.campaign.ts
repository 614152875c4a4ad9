import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createRng } from "../../src/math/rng.js";
import { openFileStore } from "../../src/store/index.js";

/** What a campaign of kills found. */
export interface FileKillFigures {
  kills: number;
  /** Whether the writers had a namespace of process ids, and a host name, of their own each. */
  namespaces: boolean;
  acknowledged: number;
  lost: number;
  twice: number;
  /** Changes of the shared document that were acknowledged and are not in it. */
  changesLost: number;
}

const WRITER = fileURLToPath(new URL("../store/support/file-writer.mjs", import.meta.url));
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const quiet = { debug() {}, info() {}, warn() {}, error: console.error };

/** Whether processes can be put into namespaces of their own here. */
export const canUnshare = (): boolean =>
  spawnSync("unshare", ["--pid", "--fork", "--mount-proc", "--uts", "true"], { stdio: "ignore" }).status === 0;

/** A writer in its own container, as far as process ids and the host name tell. */
function writer(folder: string, prefix: string, namespaces: boolean) {
  const node = [process.execPath, WRITER, folder, prefix];
  const inside = ["--pid", "--fork", "--kill-child", "--mount-proc", "--uts", "sh", "-c", 'hostname "$0"; exec "$@"'];
  const [command, ...args] = namespaces ? ["unshare", ...inside, `pod-${prefix}`, ...node] : node;
  const child: ChildProcess = spawn(command!, args, { stdio: ["ignore", "pipe", "inherit"] });
  const acknowledged: string[] = [];
  let count = 0;
  let rest = "";
  let ready = () => {};
  const started = new Promise<void>((resolve) => {
    ready = resolve;
  });
  child.stdout!.on("data", (data) => {
    const lines = (rest + data).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const [kind, value] = line.split(" ");
      if (kind === "ready") ready();
      else if (kind === "feedback") acknowledged.push(value!);
      else count = Number(value);
    }
  });
  const kill = () =>
    new Promise<void>((resolve) => {
      child.once("close", () => resolve());
      child.kill("SIGKILL");
    });
  return { started, kill, acknowledged, count: () => count };
}

/** Kills pairs of writers over one folder at any moment; then looks for what they were told is on disk. */
export async function fileKills(kills: number): Promise<FileKillFigures> {
  const folder = mkdtempSync(join(tmpdir(), "file-kills-"));
  const namespaces = canUnshare();
  const rng = createRng(1);
  const all: string[] = [];
  const counts: Record<string, number> = {};
  for (let kill = 0; kill < kills; kill += 2) {
    const pair = [`k${kill}`, `k${kill + 1}`].map((prefix) => ({ prefix, w: writer(folder, prefix, namespaces) }));
    await Promise.all(pair.map(({ w }) => w.started));
    await Promise.all(
      pair.map(async ({ w }) => {
        await pause(rng.next() * 150);
        await w.kill();
      }),
    );
    for (const { prefix, w } of pair) {
      all.push(...w.acknowledged);
      counts[prefix] = w.count();
    }
  }
  const where = { traces: `${folder}/t`, feedback: `${folder}/f`, models: `${folder}/m` };
  const store = await openFileStore({ ...where, logger: quiet });
  const found = new Map<string, number>();
  for await (const { facts } of store.read("feedback"))
    for (const { feedbackId } of facts) found.set(feedbackId, (found.get(feedbackId) ?? 0) + 1);
  const kept = (await store.documents.get<Record<string, number>>("counts/all")) ?? {};
  await store.close();
  rmSync(folder, { recursive: true });
  return {
    kills,
    namespaces,
    acknowledged: all.length,
    lost: all.filter((id) => !found.has(id)).length,
    twice: [...found.values()].filter((n) => n > 1).length,
    changesLost: Object.entries(counts).reduce((sum, [p, n]) => sum + Math.max(0, n - (kept[p] ?? 0)), 0),
  };
}

export default () => fileKills(300);
