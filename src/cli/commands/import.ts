import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { LearningError, messageOf } from "../../core/index.js";
import { importLangfuse } from "../../integrations/langfuse/index.js";
import { importOtlp } from "../../integrations/otlp/index.js";
import { importParquet } from "../../integrations/parquet/index.js";
import type { FactKind, FactTypes, LearningStore } from "../../store/index.js";
import { type Command, type CommandContext, type CommandResult, type OptionValues, usageError } from "../command.js";
import { progress } from "../progress.js";

/** Facts appended at once. */
const BATCH = 256;
const KINDS: readonly FactKind[] = ["trace", "decision", "feedback"];

export const importCommand: Command = {
  summary: "takes the facts of an export, or what another tool recorded, into this folder or store",
  usage: "FOLDER | otlp FILE | langfuse FILE [--type NAME] [--dir FOLDER | --store ADDRESS] [--json]",
  details:
    "FOLDER is what `export` wrote, in either format. Traces, decisions and judgements are appended; each counts once, however often it is imported. Versions are not taken over: they are learned anew. `otlp` reads spans of generative AI as OTLP: JSON (one request, or one on each line) or protobuf (with the package protobufjs), gzipped or not, `langfuse` a file or folder of traces, observations and scores that Langfuse exported; --type names the kind of work. What Langfuse's scores mean is said in a program: here only thumbs and comments are taken.",
  examples: [
    "import ./learning/learning_exports/friday --store postgres://localhost/learning",
    "import otlp ./spans.jsonl --type support",
    "import otlp ./spans.binpb --type support",
  ],
  takes: 2,
  options: { type: { type: "string" } },
  async run(loop, [folder, file], options, context) {
    if (folder === "otlp" || folder === "langfuse") return fromElsewhere(loop.inspect.store, folder, file, options);
    if (file !== undefined || options.type !== undefined)
      throw usageError(`${folder} with ${file ?? "--type"}`, "FOLDER alone, or `otlp FILE` or `langfuse FILE`");
    if (!folder) throw usageError("no FOLDER", "the folder that an export wrote");
    if (!existsSync(join(folder, "manifest.json")))
      throw usageError(`the folder ${folder}`, "an export that was finished (it has a manifest.json)");
    if (existsSync(join(folder, "decisions")) || existsSync(join(folder, "segments"))) {
      const data = await importParquet({ store: loop.inspect.store, folder });
      const taken = KINDS.map((kind) => `${data[kind].imported} of kind ${kind}`).join(", ");
      return { data, text: `imported: ${taken}` };
    }
    const data: Record<FactKind, number> = { trace: 0, decision: 0, feedback: 0 };
    for (const kind of KINDS)
      data[kind] = await importFacts(loop.inspect.store, kind, join(folder, `${kind}.jsonl`), context);
    return { data, text: `${data.trace} traces, ${data.decision} decisions, ${data.feedback} judgements imported` };
  },
};

/** Traces that another tool recorded. */
async function fromElsewhere(
  store: LearningStore,
  tool: "otlp" | "langfuse",
  file: string | undefined,
  { type }: OptionValues,
): Promise<CommandResult> {
  if (file === undefined) throw usageError("no FILE", `what to read: import ${tool} FILE`);
  const workflowType = typeof type === "string" ? type : undefined;
  if (tool === "otlp") {
    const data = await importOtlp(file, { store, workflowType });
    const { imported, known, skipped, unreadable } = data;
    return {
      data,
      text: `${imported} runs imported, ${known} known, ${skipped} traces without generative AI, ${unreadable} unreadable spans`,
    };
  }
  const data = await importLangfuse(file, { store, workflowType });
  const { traces, feedback } = data;
  return {
    data,
    text: `${traces.imported} runs and ${feedback.imported} judgements imported, ${traces.known + feedback.known} known`,
  };
}

async function importFacts<K extends FactKind>(
  store: LearningStore,
  kind: K,
  file: string,
  context: CommandContext,
): Promise<number> {
  let batch: FactTypes[K][] = [];
  let count = 0;
  const bar = progress(context, `${kind}s`);
  const write = async () => {
    await store.append(kind, batch);
    count += batch.length;
    batch = [];
    bar.update(count);
  };
  for await (const line of linesOf(file)) {
    if (line === "") continue;
    batch.push(parsed(line, file, count + batch.length + 1));
    if (batch.length === BATCH) await write();
  }
  if (batch.length > 0) await write();
  bar.finish();
  return count;
}

/** The lines of a file, without the byte order mark that some editors put before the first. */
async function* linesOf(file: string): AsyncIterable<string> {
  let isFirst = true;
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY });
  const reading = lines[Symbol.asyncIterator]();
  for (;;) {
    const { done, value } = await reading.next().catch((cause) => {
      throw new LearningError("STORE_IO", {
        received: messageOf(cause),
        expected: `the file ${file} of an export`,
        remedy: "Export again, and import the whole folder; what was imported counts once when it comes again.",
        cause,
      });
    });
    if (done) return;
    yield isFirst ? value.replace(/^\uFEFF/, "") : value;
    isFirst = false;
  }
}

function parsed<T>(line: string, file: string, at: number): T {
  try {
    return JSON.parse(line) as T;
  } catch (cause) {
    throw new LearningError("FACT_INVALID", {
      received: `line ${at} of ${file}: ${messageOf(cause)}`,
      expected: "one fact as JSON on each line, as an export writes it",
      remedy: "Export again; the lines before it are imported, and count once when they come again.",
      cause,
    });
  }
}
