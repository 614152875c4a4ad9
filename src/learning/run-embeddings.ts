import { LATE, within } from "../core/deadline.js";
import { type Clock, type Logger, messageOf, takingTurns } from "../core/index.js";
import { pack, unpack } from "../math/packing.js";
import { projectEmbedding, type TextEmbedder } from "../rewards/index.js";
import type { LearningStore } from "../store/index.js";
import { LargeDocument } from "../store/large-document.js";
import type { RunTextsInput } from "../worker/jobs/run-texts.js";
import type { RewardSettings } from "../worker/reward-views.js";
import type { ErasureWatch } from "./erasures.js";
import type { LearningWorker } from "./thread/host.js";

/** Vectors of runs' texts by workflowId, and what went wrong with the others. */
export interface RunVectors {
  vectors: Record<string, number[]>;
  failure?: string;
}

interface Cached {
  /** Names the embedding model; vectors of another one are of no use. */
  source: string;
  /** Numbers in each of its vectors, before they are projected. */
  length?: number;
  /** By workflowId: the digest of the text, and its vector as text (see {@link packed}). */
  runs: Record<string, { digest: string; vector: string }>;
}

const DOCUMENT = "reward-model/embeddings";
const BATCH = 64;
const TIMEOUT_MS = 60_000;
/** Vectors unpacked before others have their turn. */
const UNPACKED_AT_ONCE = 1000;

/**
 * Embeds what runs say, in this process and never on a run's path, each run once: the vectors are kept in
 * the store. An embedding model that fails or is too slow leaves its runs without a vector.
 */
export class RunEmbeddings {
  private readonly cache: LargeDocument<Cached>;

  constructor(
    private readonly embedder: TextEmbedder,
    store: Pick<LearningStore, "documents" | "blobs">,
    private readonly reward: RewardSettings,
    private readonly logger: Logger,
    private readonly clock: Clock,
    private readonly erasures?: ErasureWatch,
    private readonly timeoutMs = TIMEOUT_MS,
  ) {
    this.cache = new LargeDocument(store, DOCUMENT);
  }

  /** @param workflowIds default: the runs a learning cycle works on; what is kept of others is dropped */
  async of(worker: LearningWorker, signal?: AbortSignal, workflowIds?: string[]): Promise<RunVectors> {
    const { runs: kept, length: known } = this.mine(await this.cache.get());
    const digestsKept = Object.fromEntries(Object.entries(kept).map(([id, { digest }]) => [id, digest]));
    const input: RunTextsInput = { reward: this.reward, known: digestsKept, ...(workflowIds && { workflowIds }) };
    const { digests, texts } = await worker.run("rewards.texts", input, { signal });
    const fresh: Cached["runs"] = {};
    let length = known;
    let failure: string | undefined;
    const wanted = Object.entries(texts);
    try {
      for (let from = 0; from < wanted.length; from += BATCH) {
        signal?.throwIfAborted();
        const part = wanted.slice(from, from + BATCH);
        const vectors = await this.embed(part.map(([, text]) => text));
        const received = vectors[0].length;
        if (length !== undefined && received !== length) {
          if (from > 0) throw new Error(`the embedding model gave vectors of ${length} and of ${received} numbers`);
          this.logger.warn("the embedding model is another one: every run is embedded anew", { length, received });
          await this.forget();
          return this.of(worker, signal, workflowIds);
        }
        length = received;
        part.forEach(([id], i) => {
          fresh[id] = { digest: digests[id], vector: packed(projectEmbedding(vectors[i])) };
        });
      }
    } catch (error) {
      signal?.throwIfAborted();
      const without = wanted.length - Object.keys(fresh).length;
      failure = `${without} runs go without their text's embedding: ${messageOf(error)}`;
      this.logger.warn(`reward model: ${failure}`);
    }
    const stale = workflowIds ? [] : Object.keys(kept).filter((id) => !(id in digests));
    if (stale.length > 0 || Object.keys(fresh).length > 0) await this.keep(fresh, stale, length);
    const found: RunVectors["vectors"] = {};
    const turn = takingTurns(UNPACKED_AT_ONCE, signal);
    for (const [id, digest] of Object.entries(digests)) {
      await turn();
      const own = fresh[id] ?? kept[id];
      if (own?.digest === digest) found[id] = unpacked(own.vector);
    }
    return { vectors: found, ...(failure !== undefined && { failure }) };
  }

  /** Drops every vector kept, after an erasure. */
  forget(): Promise<void> {
    return this.cache.delete();
  }

  private async keep(fresh: Cached["runs"], stale: readonly string[], length: number | undefined): Promise<void> {
    const { source, runs } = this.mine(await this.cache.get());
    const left = { ...runs, ...fresh };
    for (const id of stale) delete left[id];
    const write = () => this.cache.put({ source, ...(length !== undefined && { length }), runs: left });
    await (this.erasures ? this.erasures.stored(write, () => this.forget()) : write());
  }

  private mine(stored: Cached | undefined): Cached {
    const source = sourceOf(this.embedder);
    return stored?.source === source ? stored : { source, runs: {} };
  }

  /** One vector of finite numbers for each text, all of one length, or an error. */
  private async embed(texts: string[]): Promise<number[][]> {
    const vectors = await within(Promise.resolve(this.embedder.embedDocuments(texts)), this.timeoutMs, this.clock);
    if (vectors === LATE) throw new Error(`no embeddings within ${this.timeoutMs} ms`);
    const length = Array.isArray(vectors) ? vectors[0]?.length : undefined;
    const right = (v: unknown) => Array.isArray(v) && v.length === length && v.every(Number.isFinite);
    if (!length || vectors.length !== texts.length || !vectors.every(right))
      throw new Error(`the embedding model gave no vector of numbers for each of ${texts.length} texts`);
    return vectors;
  }
}

/** What tells one embedding model from another: its class, and what LangChain's say of their model. */
function sourceOf(embedder: TextEmbedder): string {
  const { model, modelName, dimensions } = embedder as { model?: unknown; modelName?: unknown; dimensions?: unknown };
  return JSON.stringify(["float32", embedder.constructor?.name, model, modelName, dimensions].map((v) => String(v)));
}

/** Floats as base64: a quarter of the JSON, of which thousands of vectors would hold the event loop up. */
const packed = (vector: readonly number[]): string => pack(Float32Array.from(vector));
const unpacked = (text: string): number[] => Array.from(unpack(Float32Array, text));
