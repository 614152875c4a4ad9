import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { LearningError, messageOf } from "../../core/index.js";
import { importParquet } from "../../integrations/parquet/index.js";
import type { FactKind, FactTypes, LearningStore } from "../../store/index.js";
import { type Command, type CommandContext, usageError } from "../command.js";
import { progress } from "../progress.js";

/** Facts appended at once. */
const BATCH = 256;
const KINDS: readonly FactKind[] = ["trace", "decision", "feedback"];

export const importCommand: Command = {
  summary: "takes the facts of an export into this folder or store",
  usage: "FOLDER [--dir FOLDER | --store ADDRESS] [--json]",
  details:
    "FOLDER is what `export` wrote, in either format. Traces, decisions and judgements are appended; each counts once, however often it is imported. Versions are not taken over: they are learned anew.",
  examples: ["import ./learning/learning_exports/friday --store postgres://localhost/learning"],
  takes: 1,
  options: {},
  async run(loop, [folder], _options, context) {
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
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line === "") continue;
    batch.push(parsed(line, file, count + batch.length + 1));
    if (batch.length === BATCH) await write();
  }
  if (batch.length > 0) await write();
  bar.finish();
  return count;
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
