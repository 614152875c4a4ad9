import { checkArgument } from "../core/arguments.js";
import type { FactKind, FactTypes, LearningStore } from "./learning-store.js";

/** What is read of arguments. */
const READS = { read: "function" } as const;

/** More runs than this are found by reading everything once instead of asking for each. */
const FEW = 32;

/**
 * The facts of one kind of the given runs, by run, in order of their append; runs without any are absent.
 * @example
 * ```ts
 * const byRun = await factsOfRuns(store, "feedback", new Set(["run-7", "run-8"]));
 * byRun.get("run-7")?.map((record) => record.userId);
 * ```
 */
export async function factsOfRuns<K extends FactKind>(
  store: Pick<LearningStore, "read">,
  kind: K,
  runs: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<Map<string, FactTypes[K][]>> {
  checkArgument(store, "store", READS, "STORE_QUERY");
  checkArgument(kind, "kind", "text", "STORE_QUERY");
  checkArgument(runs, "runs", { has: "function" }, "STORE_QUERY");
  const found = new Map<string, FactTypes[K][]>();
  const queries = runs.size > FEW ? [{}] : [...runs].map((workflowId) => ({ workflowId }));
  for (const query of queries)
    for await (const { facts } of store.read(kind, query)) {
      signal?.throwIfAborted();
      for (const fact of facts) {
        if (!runs.has(fact.workflowId)) continue;
        const list = found.get(fact.workflowId);
        if (list) list.push(fact);
        else found.set(fact.workflowId, [fact]);
      }
    }
  return found;
}

/**
 * Everything of one kind behind a position (at most `limit`), in order, and the position behind it.
 * @example
 * ```ts
 * const first = await factsAfter(store, "decision", undefined, 100);
 * const next = await factsAfter(store, "decision", first.cursor, 100);
 * ```
 */
export async function factsAfter<K extends FactKind>(
  store: Pick<LearningStore, "read">,
  kind: K,
  after?: string,
  limit?: number,
): Promise<{ facts: FactTypes[K][]; cursor?: string }> {
  checkArgument(store, "store", READS, "STORE_QUERY");
  checkArgument(kind, "kind", "text", "STORE_QUERY");
  const facts: FactTypes[K][] = [];
  let cursor = after;
  for await (const batch of store.read(kind, {
    ...(after !== undefined && { after }),
    ...(limit !== undefined && { limit }),
  })) {
    facts.push(...batch.facts);
    cursor = batch.cursor;
  }
  return { facts, ...(cursor !== undefined && { cursor }) };
}
