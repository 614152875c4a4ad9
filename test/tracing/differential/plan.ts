import { createRng } from "../../../src/math/rng.js";

/** What a node does beside writing its name. */
const ACTIONS = [
  "plain",
  "turns",
  "writer",
  "model",
  "tool",
  "task",
  "by hand",
  "subgraph",
  "retry",
  "cached",
  "deferred",
  "interrupt",
  "fail",
  "clash",
  "empty",
] as const;
/** How it goes on. */
const WAYS = ["static", "conditional", "command", "send", "loop", "end"] as const;
/** How the run is watched. */
const VIEWS = ["invoke", "every mode", "one mode", "leave", "abort", "events"] as const;

export interface NodePlan {
  action: (typeof ACTIONS)[number];
  way: (typeof WAYS)[number];
  /** Turns of the event loop that it waits. */
  turns: number;
  /** Nodes that it goes on to, by number. */
  targets: number[];
}

/** A graph and a way to run it; everything follows from the seed. */
export interface Plan {
  seed: number;
  nodes: NodePlan[];
  joins: { from: number[]; to: number }[];
  view: (typeof VIEWS)[number];
  mode: string;
  subgraphs: boolean;
  /** The chunk at which the stream is left or the run is aborted. */
  at: number;
  recursionLimit: number;
  hasThread: boolean;
  durability: "sync" | "async" | "exit";
}

/** LangGraph's ways to stream. */
export const MODES = ["values", "updates", "custom", "messages", "tasks", "checkpoints", "debug"] as const;

/** Draws a plan. */
export function planOf(seed: number): Plan {
  const rng = createRng(`differential ${seed}`);
  const upTo = (n: number) => Math.floor(rng.next() * n);
  const of = <T>(all: readonly T[]): T => all[upTo(all.length)]!;
  const count = 2 + upTo(5);
  const nodes = Array.from({ length: count }, (_, i): NodePlan => {
    const later = Array.from({ length: count - i - 1 }, (_, k) => i + 1 + k);
    // Half of all are no trouble, so that most runs get far.
    const action = rng.next() < 0.4 ? of(["plain", "turns"] as const) : of(ACTIONS);
    const way = of(WAYS);
    return {
      action,
      // A cached node would take its loop anew for ever.
      way: action === "cached" && way === "loop" ? "static" : way,
      turns: upTo(20),
      targets: later.filter(() => rng.next() < 0.6),
    };
  });
  const joins = count > 3 && rng.next() < 0.3 ? [{ from: [0, 1].map((k) => k + upTo(count - 3)), to: count - 1 }] : [];
  return {
    seed,
    nodes,
    joins: joins.filter(({ from }) => from[0] !== from[1]),
    view: of(VIEWS),
    mode: of(MODES),
    subgraphs: rng.next() < 0.5,
    at: 1 + upTo(8),
    recursionLimit: rng.next() < 0.1 ? 3 : 25,
    hasThread: rng.next() < 0.7,
    durability: of(["sync", "async", "exit"] as const),
  };
}
