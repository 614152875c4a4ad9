import { checkArgument } from "../core/arguments.js";
import { refuseUnknownKeys, type Trace } from "../core/index.js";
import { reading } from "./langsmith-client.js";
import { uuidOf } from "./langsmith-feedback.js";
import { isExemplary, type RewardedRunsOptions, rewardedRuns } from "./rewarded-runs.js";

type Values = Record<string, unknown>;

/** An example of a dataset: what goes in, and what should come out. */
export interface LangSmithExample {
  id: string;
  inputs: Values;
  outputs?: Values;
  metadata?: Values;
  split?: string | string[];
}

/** The part of LangSmith's `Client` that datasets need; pass your own client. */
export interface LangSmithDatasetClient {
  hasDataset(which: { datasetName: string }): Promise<boolean>;
  createDataset(name: string, options: { description: string }): Promise<unknown>;
  createExamples(examples: (LangSmithExample & { dataset_name: string })[]): Promise<unknown>;
  listExamples(which: { datasetName: string; splits?: string[] }): AsyncIterable<object>;
}

/** What of a run is an example. */
export type ExampleText = Pick<LangSmithExample, "inputs" | "outputs" | "split">;

/** Options of {@link writeLangSmithExamples}. */
export interface WriteExamplesOptions extends RewardedRunsOptions {
  client: LangSmithDatasetClient;
  /** The dataset's name; it is made where it is missing. */
  dataset: string;
  /** What of a run goes in and comes out; runs without are left out. State must have been captured for it. */
  exampleOf(trace: Trace): ExampleText | undefined;
  /** Runs with at least this reward become examples (default 0.8). */
  leastReward?: number;
}

/** What became of the judged runs. */
export interface ExamplesWritten {
  written: number;
  /** Examples that were there already. */
  known: number;
  /** Runs judged worse, or without a text. */
  left: number;
}

const AT_ONCE = 100;

/** What its options may hold. */
const OPTIONS: readonly (keyof WriteExamplesOptions)[] = [
  "client",
  "dataset",
  "exampleOf",
  "leastReward",
  "store",
  "workflowType",
  "rewardWeights",
];

/**
 * Writes judged runs to a dataset of LangSmith's, as examples of how it should be done. Their ids are made from ours:
 * written again, nothing is doubled. The run, its kind and its reward stand in the metadata.
 * @throws INTEGRATION_FAILED when LangSmith refuses or fails; what was written before stays
 * @example
 * ```ts
 * import { Client } from "langsmith";
 *
 * const { written } = await writeLangSmithExamples({
 *   client: new Client(),
 *   store,
 *   dataset: "good answers",
 *   exampleOf: ({ nodes }) => ({ inputs: { question: "?" }, outputs: { answer: nodes.at(-1)?.update } }),
 * });
 * ```
 */
export async function writeLangSmithExamples(options: WriteExamplesOptions): Promise<ExamplesWritten> {
  checkArgument(
    options,
    "options",
    { client: "object", dataset: "text", exampleOf: "function", store: { read: "function", append: "function" } },
    "CONFIG_INVALID",
  );
  refuseUnknownKeys(options, OPTIONS, "options of writeLangSmithExamples");
  const { client, dataset, leastReward } = options;
  const counts: ExamplesWritten = { written: 0, known: 0, left: 0 };
  const there = new Set<string>();
  await reading("reading a dataset", async () => {
    if (await client.hasDataset({ datasetName: dataset }))
      for await (const { id } of readLangSmithExamples({ client, dataset })) there.add(id);
    else await client.createDataset(dataset, { description: "Judged runs of langgraph-collective-learning" });
  });
  let waiting: (LangSmithExample & { dataset_name: string })[] = [];
  const send = async () => {
    if (waiting.length === 0) return;
    await reading("writing examples", () => client.createExamples(waiting));
    counts.written += waiting.length;
    waiting = [];
  };
  for await (const { trace, reward } of rewardedRuns(options)) {
    const { workflowId, workflowType } = trace;
    const text = isExemplary(reward, leastReward) ? options.exampleOf(trace) : undefined;
    const id = uuidOf(`${dataset}|${workflowId}`);
    if (!text) counts.left += 1;
    else if (there.has(id)) counts.known += 1;
    else waiting.push({ id, dataset_name: dataset, ...text, metadata: { workflowId, workflowType, reward } });
    if (waiting.length === AT_ONCE) await send();
  }
  await send();
  return counts;
}

/**
 * Reads the examples of a dataset, for what is tried on them: the input of a graph, prompts of an evaluation, rows to
 * compare answers with.
 * @throws INTEGRATION_FAILED when LangSmith refuses or fails
 * @example
 * ```ts
 * import { Client } from "langsmith";
 *
 * for await (const { inputs, outputs } of readLangSmithExamples({ client: new Client(), dataset: "good answers" }))
 *   console.log(inputs, outputs);
 * ```
 */
export async function* readLangSmithExamples(options: {
  client: Pick<LangSmithDatasetClient, "listExamples">;
  dataset: string;
  /** Only examples of these splits. */
  splits?: string[];
}): AsyncIterable<LangSmithExample> {
  checkArgument(options, "options", { client: { listExamples: "function" }, dataset: "text" }, "CONFIG_INVALID");
  const { client, dataset, splits } = options;
  const found = client.listExamples({ datasetName: dataset, ...(splits && { splits }) })[Symbol.asyncIterator]();
  for (;;) {
    const next = await reading("reading examples", () => found.next());
    if (next.done) return;
    const { id, inputs, outputs, metadata, split } = next.value as LangSmithExample & { outputs?: Values | null };
    yield {
      id,
      inputs,
      ...(outputs && { outputs }),
      ...(metadata && { metadata }),
      ...(split !== undefined && { split }),
    };
  }
}
