import { describe, expect, it } from "vitest";
import { copyStore } from "../../src/loop/copy-store.js";
import { createMemoryStore, type FactKind, type LearningStore } from "../../src/store/index.js";
import { aDecision, aFeedback, aTrace } from "../support/facts.js";

const KINDS: readonly FactKind[] = ["trace", "decision", "feedback"];
const RUNS = 600;

async function source(): Promise<LearningStore> {
  const store = createMemoryStore();
  const ns = Array.from({ length: RUNS }, (_, n) => n);
  const id = (n: number) => ({ workflowId: `w${n % 500}` });
  await store.append(
    "trace",
    ns.map((n) => aTrace({ ...id(n), segmentId: `s${n}` })),
  );
  await store.append(
    "decision",
    ns.map((n) => aDecision({ ...id(n), decisionId: `d${n}` })),
  );
  // Some were said twice, word for word: they are to be there twice.
  await store.append(
    "feedback",
    ns.map((n) => aFeedback({ ...id(n), feedbackId: `f${n % 550}`, workflowId: `w${n % 550}` })),
  );
  await store.documents.put("loop/history", { n: 1 });
  await store.documents.put("statistics/triage", { large: 1, current: "statistics/b", blobs: ["statistics/b"] });
  await store.blobs.write("statistics/b", "{}");
  return store;
}

/** A store that fails at its `nth` write, before it or after it took effect, and at all that follow. */
function dyingAt(store: LearningStore, nth: number, after: boolean): LearningStore {
  let writes = 0;
  const dies = async <T>(write: () => Promise<T>): Promise<T> => {
    writes++;
    if (writes > nth || (writes === nth && !after)) throw new Error("killed");
    const result = await write();
    if (writes === nth) throw new Error("killed");
    return result;
  };
  return {
    ...store,
    append: (kind, facts) => dies(() => store.append(kind, facts)),
    documents: {
      ...store.documents,
      put: (key, value) => dies(() => store.documents.put(key, value)),
      update: (...given) => dies(() => store.documents.update(...given)),
    },
    blobs: { ...store.blobs, write: (name, content) => dies(() => store.blobs.write(name, content)) },
  };
}

async function everything(store: LearningStore): Promise<string[]> {
  const all: string[] = [];
  for (const kind of KINDS)
    for await (const { facts } of store.read(kind)) all.push(...facts.map((fact) => JSON.stringify(fact)));
  for (const key of await store.documents.keys())
    if (key !== "migration/progress") all.push(`${key} ${JSON.stringify(await store.documents.get(key))}`);
  all.push((await store.blobs.read("statistics/b")) ?? "no blob");
  return all.sort();
}

describe("a copy of a store that was killed", () => {
  it("at any write, before or after it took effect, is whole after the next call, and nothing is there twice", async () => {
    const from = await source();
    const whole = await everything(from);
    let nth = 0;
    for (let isDone = false; !isDone; ) {
      nth++;
      for (const after of [false, true]) {
        const to = createMemoryStore();
        const first = await copyStore(from, dyingAt(to, nth, after), { source: "a" }).catch((error) => error.message);
        isDone = first !== "killed";
        const { facts } = await copyStore(from, to, { source: "a" });
        expect(facts).toEqual({ trace: RUNS, decision: RUNS, feedback: RUNS });
        expect(await everything(to), `write ${nth}`).toEqual(whole);
      }
    }
    expect(nth).toBeGreaterThan(15);
  });

  it("goes on over several deaths, and takes what the source was given meanwhile", async () => {
    const from = await source();
    const to = createMemoryStore();
    for (let n = 0; n < 30; n++) {
      await from.append("trace", [aTrace({ workflowId: `more${n}`, segmentId: `more${n}` })]);
      await copyStore(from, dyingAt(to, 2 + (n % 3), n % 2 === 0), { source: "a" }).catch(() => undefined);
    }
    await copyStore(from, to, { source: "a" });
    expect(await everything(to)).toEqual(await everything(from));
    await expect(copyStore(from, to, { source: "b" })).rejects.toMatchObject({ code: "LEARNING_STATE" });
  });
});
