import { createWriteStream } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Clock, isLearningError, isoTime, LearningError, messageOf, show } from "../core/index.js";
import type { Registry } from "../registry/index.js";
import type { FactKind, LearningStore } from "../store/index.js";

/** What an export wrote. */
export interface ExportSummary {
  /** The folder, absolute. */
  path: string;
  /** Facts written, by kind. */
  facts: Record<FactKind, number>;
  /** Published versions written. */
  versions: number;
  /** Versions whose payload cannot be read, and why; absent where all can. What is known of them is written all the same. */
  damaged?: Record<string, string>;
}

/**
 * Writes everything learned from into a folder of its own: `trace.jsonl`, `decision.jsonl`,
 * `feedback.jsonl`, `registry.json` (versions, champions, history, payloads) and, last of all,
 * `manifest.json`. An export of the same name is replaced.
 * @param name letters, digits, `-`, `_` and `.`; CONFIG_INVALID otherwise
 * @throws STORE_IO when the folder cannot be written
 */
export async function exportLearning(
  name: string,
  folder: string,
  parts: { store: LearningStore; registry: Registry; clock: Clock },
): Promise<ExportSummary> {
  if (typeof name !== "string" || !/^[\w][\w.-]*$/.test(name)) {
    throw new LearningError("CONFIG_INVALID", {
      received: `the export name ${show(name)}`,
      expected: "letters, digits, '-', '_' and '.', beginning with a letter or digit",
      remedy: "Choose a plain name; it becomes a folder under exportPath.",
    });
  }
  const path = join(folder, name);
  try {
    await mkdir(path, { recursive: true });
    await rm(join(path, "manifest.json"), { force: true });
    const facts: Record<FactKind, number> = { trace: 0, decision: 0, feedback: 0 };
    for (const kind of Object.keys(facts) as FactKind[]) {
      const lines = async function* () {
        for await (const batch of parts.store.read(kind)) {
          facts[kind] += batch.facts.length;
          yield batch.facts.map((f) => `${JSON.stringify(f)}\n`).join("");
        }
      };
      await pipeline(lines, createWriteStream(join(path, `${kind}.jsonl`)));
    }
    const names = parts.registry.names();
    const versions = names.flatMap((n) => parts.registry.versions(n));
    const damaged: Record<string, string> = {};
    const payloads = await Promise.all(
      versions.map(async (v) => {
        try {
          return { ...v, payload: await parts.registry.load(v.name, v.version) };
        } catch (error) {
          damaged[`${v.name} ${v.version}`] = messageOf(error);
          return v;
        }
      }),
    );
    const champions = Object.fromEntries(names.map((n) => [n, parts.registry.champion(n)?.version ?? null]));
    await writeFile(
      join(path, "registry.json"),
      JSON.stringify({ champions, history: parts.registry.history(), versions: payloads }),
    );
    const summary = {
      path,
      facts,
      versions: versions.length,
      ...(Object.keys(damaged).length > 0 && { damaged }),
    };
    await writeFile(
      join(path, "manifest.json"),
      JSON.stringify(
        { schemaVersion: 1, exportedAt: isoTime(parts.clock.now()), ...summary, path: undefined },
        null,
        2,
      ),
    );
    return summary;
  } catch (cause) {
    if (isLearningError(cause)) throw cause;
    throw new LearningError("STORE_IO", {
      received: messageOf(cause),
      expected: `to write an export to ${path}`,
      remedy: "Make exportPath a writable folder with room on its disk, then export again.",
      cause,
    });
  }
}
