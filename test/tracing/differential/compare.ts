import { BaseCallbackHandler } from "@langchain/core/callbacks/base";
import type { TracerOptions } from "../../../src/tracing/index.js";
import { tracing } from "../support.js";
import { build } from "./build.js";
import { observe, type Seen } from "./observe.js";
import { type Plan, planOf } from "./plan.js";

/** Ways of capture, and where a handler of theirs listens. */
const CAPTURES: Record<string, { options: Partial<TracerOptions>; listens?: "graph" | "nodes" }> = {
  "tap without calls": { options: { capture: "tap", calls: false } },
  disabled: { options: { enabled: false } },
  "tap with calls": { options: { capture: "tap" }, listens: "nodes" },
  callbacks: { options: { capture: "callbacks" }, listens: "graph" },
};

class Idle extends BaseCallbackHandler {
  readonly name = "idle";
  constructor() {
    super({ _awaitHandler: true });
  }
  override handleChainStart(): void {}
  override handleChainEnd(): void {}
  override handleChainError(): void {}
  override handleLLMStart(): void {}
  override handleLLMEnd(): void {}
  override handleToolStart(): void {}
  override handleToolEnd(): void {}
}

/** Where a captured run differs from the bare one. */
interface Difference {
  seed: number;
  plan: Plan;
  capture: string;
  part: keyof Seen;
  bare: string | undefined;
  captured: string | undefined;
}

/** What a comparison of many graphs came to. */
export interface Comparison {
  graphs: number;
  /** Chunks of bare runs that were compared. */
  chunks: number;
  /** Runs whose chunks differ as they do beside an idle handler. */
  asIdle: number;
  /** Segments that were captured: a comparison with nothing captured would prove nothing. */
  segments: number;
  differences: Difference[];
}

/** What must be the same; where handlers are added, all but the callbacks in the configs that are seen. */
const PARTS = ["results", "history", "saved", "chunks"] as const;
const PARTS_BESIDE = ["results", "history", "savedElse", "chunksElse"] as const;

/**
 * Compares each way of capture with the bare graph, on the graphs of the seeds from `first` on. LangGraph lets go of
 * a promise where a run is aborted between two of its nodes, bare as well: that rejection alone is passed over.
 */
export async function compare(first: number, graphs: number): Promise<Comparison> {
  const listeners = process.listeners("unhandledRejection");
  const unhandled: unknown[] = [];
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (error) => {
    if ((error as Error | undefined)?.message !== "Abort") unhandled.push(error);
  });
  try {
    const found = await compareAll(first, graphs);
    if (unhandled.length > 0) throw unhandled[0];
    return found;
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const listener of listeners) process.on("unhandledRejection", listener);
  }
}

async function compareAll(first: number, graphs: number): Promise<Comparison> {
  const found: Comparison = { graphs, chunks: 0, asIdle: 0, segments: 0, differences: [] };
  for (let seed = first; seed < first + graphs; seed++) {
    const plan = planOf(seed);
    const bare = await observe(build(plan), plan);
    found.chunks += bare.chunks.length;
    for (const [capture, { options, listens }] of Object.entries(CAPTURES)) {
      const built = build(plan);
      const { tracer, segments } = tracing(options);
      const graph = tracer.wrap(built.graph, { workflowType: "differential" });
      const captured = await observe({ ...built, graph }, plan);
      found.segments += (await segments()).length;
      const parts = listens ? PARTS_BESIDE : PARTS;
      if (parts.every((part) => sameTexts(bare[part], captured[part]))) continue;
      // What listens lets nodes that run side by side end in another order: then all must be as with an idle handler.
      const expected = listens ? await observeIdle(plan, listens) : bare;
      const part = parts.find((p) => !sameTexts(expected[p], captured[p]));
      if (part === undefined) {
        found.asIdle += 1;
        continue;
      }
      const at = expected[part].findIndex((text, i) => text !== captured[part][i]);
      const i = at < 0 ? expected[part].length : at;
      found.differences.push({ seed, plan, capture, part, bare: expected[part][i], captured: captured[part][i] });
    }
  }
  return found;
}

/** The bare graph beside a handler that does nothing, given to the graph or by each node to itself. */
function observeIdle(plan: Plan, listens: "graph" | "nodes"): Promise<Seen> {
  return listens === "graph"
    ? observe(build(plan), plan, { callbacks: [new Idle()] })
    : observe(build(plan, new Idle()), plan);
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}
