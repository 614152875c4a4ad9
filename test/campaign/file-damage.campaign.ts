import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isLearningError } from "../../src/core/index.js";
import { createRng, type Rng } from "../../src/math/rng.js";
import { type LearningStore, openFileStore } from "../../src/store/index.js";
import { decision, sampleFeedback, segment } from "../store/facts.js";

/** What a campaign of damage found. */
export interface DamageFigures {
  folders: number;
  /** Errors without a code of this package, each with what had been done to the folder. */
  uncoded: string[];
  /** Records that could not be read although nothing had been done to their own line. */
  neighboursLost: number;
  /** Folders whose documents could not be read from a version before. */
  documentsLost: number;
  /** Folders where nothing could be appended or erased afterwards. */
  stuck: number;
}

const RECORDS = 40;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const openAt = (root: string) =>
  openFileStore({
    traces: join(root, "traces"),
    feedback: join(root, "feedback"),
    models: join(root, "models"),
    segmentBytes: 4096,
    fsync: false,
    logger: quiet,
  });

async function seed(root: string): Promise<void> {
  const store = await openAt(root);
  for (let n = 0; n < RECORDS; n += 4) {
    const four = [n, n + 1, n + 2, n + 3];
    await store.append(
      "trace",
      four.map((k) => segment(k, { userId: `u${k}` })),
    );
    await store.append(
      "decision",
      four.map((k) => decision(k)),
    );
    await store.append(
      "feedback",
      four.map((k) => sampleFeedback(k)),
    );
    for (const group of ["registry", "gate"]) await store.documents.put(`${group}/x`, { n });
  }
  await store.close();
}

/** Does something to one file; says what, and how many lines of facts it may have hit. */
function damage(root: string, rng: Rng): { what: string; lines: number } {
  const files = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const file = files[rng.int(files.length)]!;
  const path = join(file.parentPath, file.name);
  const bytes = readFileSync(path);
  const isLog = file.name.endsWith(".jsonl");
  const kind = rng.int(6);
  if (bytes.length === 0 || kind === 0) {
    rmSync(path);
    return { what: `${file.name} was removed`, lines: isLog ? RECORDS : 0 };
  }
  const at = rng.int(bytes.length);
  if (kind === 1) {
    writeFileSync(path, bytes.subarray(0, at));
    const gone = bytes.subarray(at).toString("latin1").split("\n").length;
    return { what: `${file.name} was cut at ${at}`, lines: isLog ? gone : 0 };
  }
  if (kind === 2) {
    writeFileSync(path, "[]");
    return { what: `${file.name} is another value`, lines: isLog ? RECORDS : 0 };
  }
  const changed = Buffer.from(bytes);
  const width = kind === 3 ? 40 : 1;
  for (let i = at; i < Math.min(bytes.length, at + width); i++)
    changed[i] = kind === 4 ? 0x30 + rng.int(10) : rng.int(256);
  writeFileSync(path, changed);
  return { what: `${file.name} was changed at ${at}`, lines: isLog ? 3 : 0 };
}

/** Everything a host does with a store; gives how much could be read. */
async function use(store: LearningStore): Promise<{ read: number; documents: number }> {
  let read = 0;
  for (const kind of ["trace", "decision", "feedback"] as const) {
    for await (const { facts } of store.read(kind)) read += facts.length;
    for await (const { facts } of store.read(kind, { latest: true, limit: 5 })) void facts;
  }
  let documents = 0;
  for (const key of ["registry/x", "gate/x"]) if ((await store.documents.get(key)) !== undefined) documents += 1;
  await store.health();
  await store.sizes();
  return { read, documents };
}

async function goOn(store: LearningStore): Promise<void> {
  await store.append("trace", [segment(900)]);
  await store.append("feedback", [sampleFeedback(901)]);
  await store.documents.update<number>("fresh/x", (n) => (n ?? 0) + 1);
  await (await store.lease("learn", { ttlMs: 1000 })).release();
  await store.erase({ userId: "u3" });
  await store.retain({ maxAgeDays: 100_000 });
}

/** Damages copies of one folder in one place each, and uses them. */
export async function fileDamage(folders: number): Promise<DamageFigures> {
  const base = mkdtempSync(join(tmpdir(), "damage-"));
  const sound = join(base, "sound");
  await seed(sound);
  const rng = createRng(7);
  const figures: DamageFigures = { folders, uncoded: [], neighboursLost: 0, documentsLost: 0, stuck: 0 };
  for (let n = 0; n < folders; n++) {
    const root = join(base, `${n}`);
    cpSync(sound, root, { recursive: true });
    const { what, lines } = damage(root, rng);
    const note = (error: unknown) => {
      if (!isLearningError(error)) figures.uncoded.push(`${what}: ${String(error)}`);
    };
    try {
      const store = await openAt(root);
      const seen = await use(store).catch(note);
      if (seen) {
        figures.neighboursLost += Math.max(0, 3 * RECORDS - lines - seen.read);
        if (seen.documents < 2 && !what.includes("removed")) figures.documentsLost += 1;
      } else figures.documentsLost += 1;
      await goOn(store).catch((error) => {
        note(error);
        figures.stuck += 1;
      });
      await store.close();
    } catch (error) {
      note(error);
      figures.stuck += 1;
    }
    rmSync(root, { recursive: true, force: true });
  }
  rmSync(base, { recursive: true });
  return figures;
}

export default async () => ({ ...(await fileDamage(300)) });
