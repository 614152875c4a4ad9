import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { LearningError, messageOf, parseOptions } from "../core/index.js";
import { noteErasure } from "../learning/erasures.js";
import { forgetStatistics, pointsWithStatistics } from "../learning/kept-statistics.js";
import { forgetDescribed } from "../learning/report/described.js";
import type { Registry } from "../registry/index.js";
import type { ErasureSelector, FactKind } from "../store/index.js";
import { forgetCounts } from "./counted-points.js";
import type { LoopParts } from "./parts.js";

const optionsSchema = z.object({
  learned: z.enum(["keep", "refit"]).default("keep"),
});

/**
 * How an erasure deals with what was made from the facts. `learned: "keep"` (the default) leaves artifacts and exports
 * and says which they are. `"refit"` removes every version of everything learned and all exports, and learns anew from
 * what is left at once: a decision point goes back to its fallback until a policy is proven again, for which the
 * decisions that are left count, and the risk that was spent stays spent.
 */
export type ErasureOptions = z.input<typeof optionsSchema>;

/** What was erased, and what the erasure did not reach. */
export interface Erased extends Record<FactKind, number> {
  /**
   * What may still hold words of the erased facts, each in words a reader understands; empty where nothing does.
   * Copies outside the store (backups, tracing services, models trained elsewhere) are never listed.
   */
  mayRemain: string[];
}

/** Versions of these kinds are texts that people wrote, not made from facts. */
const WRITTEN = new Set(["prompt"]);

/** Removes facts everywhere, and what was made from them where that is asked for. */
export async function eraseEverywhere(
  parts: Pick<LoopParts, "store" | "feedback" | "folders" | "registry" | "engine" | "knowledge">,
  selector: ErasureSelector,
  options: ErasureOptions,
  forgetViews: () => Promise<void>,
): Promise<Erased> {
  const { learned } = parseOptions(optionsSchema, options, "erase options");
  await parts.feedback.forget(selector);
  const removed = await parts.store.erase(selector);
  await noteErasure(parts.store.documents, learned === "refit");
  await parts.knowledge.forget();
  await forgetViews();
  await forgetDescribed(parts.store.documents);
  forgetCounts(parts.store);
  const exports = (await entriesOf(parts.folders.exports)).map((name) => join(parts.folders.exports, name));
  const artifacts = learnedNames(parts.registry);
  if (learned === "keep") {
    const versions = artifacts.map((name) => `every version of ${name}, learned before the erasure`);
    const statistics = (await pointsWithStatistics(parts.store)).map(
      (point) => `what older decisions of ${point} taught, before the erasure`,
    );
    return { ...removed, mayRemain: [...versions, ...statistics, ...exports.map((path) => `the export ${path}`)] };
  }
  await forgetStatistics(parts.store);
  await parts.knowledge.forget();
  for (const path of exports) await rm(path, { recursive: true, force: true });
  for (const name of artifacts)
    await parts.registry.forget(name, "learned before an erasure; learned anew from what is left");
  await parts.engine.trigger();
  return { ...removed, mayRemain: [] };
}

/** The names under which something is published that was made from facts. */
function learnedNames(registry: Registry): string[] {
  return registry.names().filter((name) => registry.versions(name).some(({ kind }) => !WRITTEN.has(kind)));
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    const { code } = error as { code?: unknown };
    // Where no folder stands nothing was ever exported.
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return [];
    throw new LearningError("STORE_IO", {
      received: `${String(code)} on looking for exports in ${folder} (${messageOf(error)})`,
      expected: "a folder that can be read",
      remedy:
        "The facts are erased. Give the process the right to read the folder, and erase again for what was exported.",
      cause: error,
    });
  }
}
