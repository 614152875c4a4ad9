import { CollectiveLearningLoop } from "langgraph-collective-learning";
import { describe, expect, it } from "vitest";
import { systemClock } from "../../src/core/index.js";
import { RunEmbeddings } from "../../src/learning/run-embeddings.js";
import type { LearningWorker } from "../../src/learning/thread/host.js";
import { EMBEDDING_DIMENSIONS, projectEmbedding, type TextEmbedder, textOfRun } from "../../src/rewards/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { LargeDocument } from "../../src/store/large-document.js";
import { runTexts } from "../../src/worker/jobs/run-texts.js";
import { CollectedFacts } from "../../src/worker/state.js";
import { decision, judged, segment, traceOf } from "../feedback/support.js";

const logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Knows of a text only how many times it says "good"; counts what it is asked. */
class Goodness implements TextEmbedder {
  readonly asked: string[] = [];
  model = "one";
  async embedDocuments(texts: string[]): Promise<number[][]> {
    this.asked.push(...texts);
    return texts.map((t) => [t.split("good").length - 1, 1]);
  }
}

function setUp(embedder: TextEmbedder, timeoutMs?: number) {
  const state = new CollectedFacts();
  const store = createMemoryStore();
  const warnings: string[] = [];
  const worker = {
    run: async (_: string, input: Parameters<typeof runTexts.run>[0]) =>
      runTexts.run(input, { state, cancelled: () => false, progress() {} }),
  } as unknown as LearningWorker;
  const embeddings = () =>
    new RunEmbeddings(
      embedder,
      store,
      {},
      { ...logger, warn: (m) => warnings.push(m) },
      systemClock,
      undefined,
      timeoutMs,
    );
  const add = (id: string, text: string) =>
    state.add({ trace: [segment(id)], decision: [decision(id, `d-${id}`, { context: { text } })] });
  return { state, store, worker, embeddings, add, warnings };
}

describe("embeddings of what runs say", () => {
  it("are made once for each run, also over restarts, and anew when the run says something else", async () => {
    const embedder = new Goodness();
    const { worker, embeddings, add, state, store } = setUp(embedder);
    add("w1", "good");
    add("w2", "good good good");
    state.add({ trace: [segment("silent")] });
    const first = await embeddings().of(worker);
    expect(Object.keys(first.vectors)).toEqual(["w1", "w2"]);
    expect(first.vectors["w1"]?.[0]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(first.failure).toBeUndefined();
    expect(await embeddings().of(worker)).toEqual(first);
    // As text: thousands of vectors as lists of numbers would hold the event loop up whenever they are read.
    const kept = new LargeDocument<{ runs: object }>(store, "reward-model/embeddings");
    const { runs } = (await kept.get()) as { runs: object };
    // In a blob: a document is written anew whenever another of its group is.
    expect(JSON.stringify(await store.documents.get("reward-model/embeddings")).length).toBeLessThan(300);
    for (const kept of Object.values(runs))
      expect(kept).toEqual({ digest: expect.any(String), vector: expect.any(String) });
    expect(embedder.asked).toEqual(["good", "good good good"]);
    state.add({ decision: [decision("w1", "later", { context: { text: "bad" } })] });
    add("w3", "bad");
    expect(Object.keys((await embeddings().of(worker, undefined, ["w1"])).vectors)).toEqual(["w1"]);
    expect(embedder.asked.slice(2)).toEqual(["good\nbad"]);
    await embeddings().of(worker);
    expect(embedder.asked.slice(3)).toEqual(["bad"]);
    // Another model's vectors mean something else.
    embedder.model = "two";
    await embeddings().of(worker);
    expect(embedder.asked).toHaveLength(7);
  });

  it.each<[string, object, object]>([
    ["its modelName", { modelName: "small" }, { modelName: "large" }],
    ["its dimensions", { dimensions: 256 }, { dimensions: 512 }],
    ["its model", { model: "small", modelName: "e" }, { model: "large", modelName: "e" }],
  ])("are made anew when the embedding model is told apart by %s", async (_, before, after) => {
    const embedder = Object.assign(new Goodness(), before);
    const { worker, embeddings, add } = setUp(embedder);
    add("w1", "good");
    await embeddings().of(worker);
    await embeddings().of(worker);
    expect(embedder.asked).toHaveLength(1);
    Object.assign(embedder, after);
    await embeddings().of(worker);
    expect(embedder.asked).toHaveLength(2);
  });

  it("are made anew when the model of the same name gives vectors of another length", async () => {
    const embedder = new Goodness();
    const { worker, embeddings, add, warnings } = setUp(embedder);
    add("w1", "good");
    add("w2", "bad");
    await embeddings().of(worker);
    embedder.embedDocuments = async (texts) => texts.map(() => [0, 3, 4]);
    add("w3", "good good");
    const { vectors, failure } = await embeddings().of(worker);
    expect(Object.keys(vectors)).toEqual(["w1", "w2", "w3"]);
    for (const vector of Object.values(vectors)) expect(vector).toEqual([0, expect.closeTo(0.6), expect.closeTo(0.8)]);
    expect(failure).toBeUndefined();
    expect(warnings).toEqual([expect.stringMatching(/every run is embedded anew/)]);
  });

  it("of several lengths at once are a failure of the model", async () => {
    let batches = 0;
    const embedDocuments = async (texts: string[]) => {
      const vector = batches++ > 0 ? [1] : [1, 2];
      return texts.map(() => vector);
    };
    const { worker, embeddings, add } = setUp({ embedDocuments });
    for (let i = 0; i < 70; i++) add(`w${i}`, `text ${i}`);
    const { vectors, failure } = await embeddings().of(worker);
    expect(Object.keys(vectors)).toHaveLength(64);
    expect(failure).toMatch(/6 runs go without.*vectors of 2 and of 1 numbers/);
  });

  it("are dropped with the runs they are of, and after an erasure", async () => {
    const { worker, embeddings, add, state, store } = setUp(new Goodness());
    add("w1", "good");
    add("w2", "bad");
    await embeddings().of(worker);
    state.traces.delete("w1");
    await embeddings().of(worker);
    const key = "reward-model/embeddings";
    expect(Object.keys((await new LargeDocument<{ runs: object }>(store, key).get())?.runs ?? {})).toEqual(["w2"]);
    await embeddings().forget();
    expect(await store.documents.get(key)).toBeUndefined();
  });

  it.each<[string, TextEmbedder["embedDocuments"], RegExp]>([
    ["fails", () => Promise.reject(new Error("out of quota")), /1 runs go without.*out of quota/],
    ["answers with too few", async () => [], /no vector of numbers/],
    ["answers with what is no number", async () => [[1, Number.NaN]], /no vector of numbers/],
    ["answers with something else", async () => "vectors" as never, /no vector of numbers/],
    ["never answers", () => new Promise(() => {}), /no embeddings within 20 ms/],
  ])("are left out, and the reason is recorded, when the model %s", async (_, embedDocuments, words) => {
    const { worker, embeddings, add, warnings } = setUp({ embedDocuments }, 20);
    add("w1", "good");
    const { vectors, failure } = await embeddings().of(worker);
    expect(vectors).toEqual({});
    expect(failure).toMatch(words);
    expect(warnings).toEqual([expect.stringMatching(words)]);
  });

  it("stop when learning is stopped", async () => {
    const { worker, embeddings, add } = setUp(new Goodness());
    add("w1", "good");
    await expect(embeddings().of(worker, AbortSignal.abort(new Error("stopped")))).rejects.toThrow("stopped");
  });

  it("describe a run by its decisions' texts and its captured ends", () => {
    const node = { path: [], taskId: "t", attempt: 1, startedAt: "", durationMs: 1, status: "success" as const };
    const trace = traceOf("w1", {
      nodes: [
        { ...node, name: "a", step: 1, input: '{"text":"hello"}', update: "{}" },
        { ...node, name: "b", step: 2, update: '{"answer":"yes"}' },
      ],
    });
    const decisions = [decision("w1", "d1", { context: { text: "hello", length: 5, "chosen at a": "b" } })];
    expect(textOfRun(trace, decisions)).toBe('hello\n{"text":"hello"}\n{"answer":"yes"}');
    expect(textOfRun(traceOf("w2"))).toBe("");
  });

  it("keep their distances in fewer dimensions", () => {
    const vector = (seed: number) => Array.from({ length: 768 }, (_, i) => Math.sin(seed * 1000 + i * i * seed));
    const near = vector(1).map((v, i) => v + 0.05 * Math.cos(i));
    const [a, b, c] = [vector(1), near, vector(2)].map(projectEmbedding) as [number[], number[], number[]];
    const distance = (u: number[], v: number[]) => Math.hypot(...u.map((x, i) => x - v[i]));
    expect(a).toHaveLength(EMBEDDING_DIMENSIONS);
    expect(distance(a, b)).toBeLessThan(0.15);
    expect(distance(a, c)).toBeGreaterThan(0.9);
    expect(projectEmbedding(vector(1).map((v) => 10 * v))).toEqual(a.map((v) => expect.closeTo(v, 9)));
    expect(projectEmbedding([0, 0])).toEqual([0, 0]);
  });
});

describe("the loop with an embedding model", () => {
  it("predicts by what runs say, and embeds each run once", async () => {
    const store = createMemoryStore();
    const embeddings = new Goodness();
    const loop = await CollectiveLearningLoop.open({ store, embeddings, enablePatternDiscovery: false });
    // What else there is of the runs tells nothing: each text is made of other words.
    const add = async (from: number, to: number) => {
      for (let i = from; i < to; i++) {
        const good = i % 2 === 0;
        const text = Array.from({ length: 30 }, (_, k) => `${good ? "good" : "bad"}${i}x${k}`).join(" ");
        await store.append("trace", [segment(`w${i}`)]);
        await store.append("decision", [decision(`w${i}`, `d${i}`, { context: { text } })]);
        if (i % 3 !== 0)
          await store.append("feedback", [judged(`w${i}`, { ratings: { satisfaction: good ? 0.9 : 0.2 } })]);
      }
    };
    try {
      await add(0, 90);
      const cycle = await loop.triggerLearningCycle();
      expect(cycle.steps.find((s) => s.component === "reward-model")?.message).toMatch(/first model over 60/);
      expect(embeddings.asked).toHaveLength(90);
      await add(90, 92);
      const predicted = await loop.predictRewards(["w90", "w91"]);
      const [good, bad] = ["w90", "w91"].map((id) => predicted[id]?.["reward"]?.mean);
      expect(good - bad).toBeGreaterThan(0.3);
      expect(embeddings.asked).toHaveLength(92);
    } finally {
      await loop.close();
    }
  }, 60_000);

  it("refuses what cannot embed", async () => {
    const open = CollectiveLearningLoop.open({ store: createMemoryStore(), embeddings: {} as TextEmbedder });
    await expect(open).rejects.toThrow(/CONFIG_INVALID.*LangChain Embeddings/s);
  });
});
