import * as lib from "@langchain/langgraph";
import type { Built } from "./build.js";
import { MODES, type Plan } from "./plan.js";

/** All that can be seen of a run from outside, as texts. */
export interface Seen {
  chunks: string[];
  /** The same without the callbacks in the configs among them. */
  chunksElse: string[];
  /** Results and errors, of the run and of its resumptions. */
  results: string[];
  /** What the checkpointer was asked, with every key of the configs it was given. */
  saved: string[];
  /** The same without the callbacks in those configs. */
  savedElse: string[];
  history: string[];
}

/** Runs a graph as its plan says, and resumes it while it waits. */
export async function observe({ graph, saver }: Built, plan: Plan, extra: object = {}): Promise<Seen> {
  const seen: Seen = { chunks: [], chunksElse: [], results: [], saved: [], savedElse: [], history: [] };
  const say = speller();
  const sayElse = speller(["callbacks"]);
  const configurable = saver ? { thread_id: "t" } : {};
  const { recursionLimit, durability, subgraphs } = plan;
  const config = { recursionLimit, durability, configurable, ...extra };
  let input: unknown = { log: [], sum: 0 };
  for (let turn = 0; turn < 3; turn++) {
    const controller = new AbortController();
    try {
      if (plan.view === "invoke") seen.results.push(say(await graph.invoke(input as never, config)));
      else {
        const streamMode = plan.view === "one mode" ? (plan.mode as "values") : [...MODES];
        const stream =
          plan.view === "events"
            ? graph.streamEvents(input as never, { ...config, version: "v2" })
            : await graph.stream(input as never, { ...config, streamMode, subgraphs, signal: controller.signal });
        let n = 0;
        for await (const chunk of stream as AsyncIterable<unknown>) {
          seen.chunks.push(say(chunk));
          seen.chunksElse.push(sayElse(chunk));
          n += 1;
          if (plan.view === "leave" && n === plan.at) break;
          if (plan.view === "abort" && n === plan.at) controller.abort();
        }
        seen.results.push("ended");
      }
    } catch (error) {
      const { name, message } = error as Error;
      seen.results.push(say(`${name}: ${message}`));
    }
    if (!saver) break;
    // A step whose writes clash has no state to tell.
    const state = await graph.getState(config).catch((error: Error) => void seen.results.push(say(error.message)));
    if (!state?.tasks.some((task) => task.interrupts.length > 0)) break;
    input = new lib.Command({ resume: "yes" });
  }
  if (saver) {
    const sayHistory = speller();
    for (const call of saver.calls) {
      seen.saved.push(say(call));
      seen.savedElse.push(sayElse(call));
    }
    try {
      for await (const state of graph.getStateHistory(config)) seen.history.push(sayHistory(state));
    } catch (error) {
      seen.history.push(sayHistory((error as Error).message));
    }
  }
  return seen;
}

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{32}\b/g;

/**
 * Spells values, symbols among their keys included. Ids are named in the order in which they come, which is the same
 * for runs that do the same; of what is no plain data only the class is told.
 */
function speller(left: readonly PropertyKey[] = []): (value: unknown) => string {
  const ids = new Map<string, string>();
  const name = (id: string) => {
    const known = ids.get(id) ?? `id${ids.size}`;
    ids.set(id, known);
    return known;
  };
  const spell = (value: unknown, depth: number): string => {
    if (typeof value === "string")
      return JSON.stringify(value.replace(ID, name).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "TIME"));
    if (typeof value === "function") return "[function]";
    if (typeof value !== "object" || value === null) return String(value);
    if (depth > 12) return "[deeper]";
    if (Array.isArray(value)) return `[${value.map((v) => spell(v, depth + 1)).join(",")}]`;
    const proto = Object.getPrototypeOf(value);
    if (proto !== Object.prototype && proto !== null) {
      const { toJSON } = value as { toJSON?: () => unknown };
      return typeof toJSON === "function"
        ? spell(JSON.parse(JSON.stringify(value)), depth + 1)
        : `[${proto.constructor.name}]`;
    }
    const fields = Reflect.ownKeys(value)
      .filter((key) => key !== "timestamp" && key !== "nodeFirstAttemptTime" && !left.includes(key))
      .map((key) => `${String(key)}:${spell((value as Record<PropertyKey, unknown>)[key], depth + 1)}`);
    return `{${fields.join(",")}}`;
  };
  return (value) => spell(value, 0);
}
