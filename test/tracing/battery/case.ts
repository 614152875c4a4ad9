import { Runnable } from "@langchain/core/runnables";
import type * as LangGraph from "@langchain/langgraph";
import type { brief } from "../support.js";

export type Library = typeof LangGraph;

/** A compiled graph as the battery uses it. */
export interface AnyGraph {
  invoke(input: unknown, config?: object): Promise<unknown>;
  stream(input: unknown, config?: object): Promise<AsyncIterable<unknown>>;
}

/** One graph of the battery: how it is made and run, and what its trace must say. */
export interface Case {
  name: string;
  /** Only on LangGraph versions that have the feature. */
  newest?: boolean;
  /** A fresh graph; called once for the bare run and once for each way of capture. */
  build(lib: Library): AnyGraph;
  /** Runs it, perhaps in several turns; what it gives back must be the same bare and wrapped. */
  run?(graph: AnyGraph, lib: Library): Promise<unknown>;
  expected: ReturnType<typeof brief>;
  /** Where callbacks see less than the tap, what they see instead. */
  byCallbacks?: Partial<ReturnType<typeof brief>>;
  /** Where a handler alone sees less than that. */
  byHandler?: Partial<ReturnType<typeof brief>>;
}

/** State of most cases: a log to which nodes add, and a number. */
export function stateOf(lib: Library) {
  return lib.Annotation.Root({
    n: lib.Annotation<number>({ reducer: (_, b) => b, default: () => 0 }),
    log: lib.Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] }),
  });
}

/** A node that writes its name. */
export const say = (name: string) => () => ({ log: [name] });

/** How a run ended, in plain words. */
export async function outcome(run: Promise<unknown>): Promise<unknown> {
  return run.catch((error: Error) => `${error.name}: ${error.message.split("\n")[0]?.replace(/[0-9a-f-]{36}/g, "ID")}`);
}

/** A path function with a name of its own, so that two may stand on one source; without a run in the callbacks. */
export class Path extends Runnable<unknown, string> {
  lc_namespace = ["test"];
  constructor(
    override readonly name: string,
    private readonly to: string,
  ) {
    super();
  }
  async invoke(): Promise<string> {
    return this.to;
  }
}

/** A cache of node results, as LangGraph wants one. */
export function cache() {
  const kept = new Map<string, unknown>();
  return {
    get: async (keys: unknown[]) =>
      keys.flatMap((key) => (kept.has(JSON.stringify(key)) ? [{ key, value: kept.get(JSON.stringify(key)) }] : [])),
    set: async (pairs: { key: unknown; value: unknown }[]) => {
      for (const { key, value } of pairs) kept.set(JSON.stringify(key), value);
    },
    clear: async () => kept.clear(),
  };
}

/** A thread's config. */
export const thread = (id = "t1") => ({ configurable: { thread_id: id } });
