import type { BaseCallbackHandler, CallbackHandlerMethods } from "@langchain/core/callbacks/base";
import { AIMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { FakeListChatModel } from "@langchain/core/utils/testing";
import * as lib from "@langchain/langgraph";
import { z } from "zod";
import { cache } from "../battery/case.js";
import type { NodePlan, Plan } from "./plan.js";

/** Notes every call that changes what is kept, as it came. */
class NotingSaver extends lib.MemorySaver {
  readonly calls: unknown[] = [];
  override put(...args: Parameters<lib.MemorySaver["put"]>): ReturnType<lib.MemorySaver["put"]> {
    const [config, checkpoint, metadata] = args;
    this.calls.push(["put", config, Object.keys(checkpoint.channel_versions), metadata]);
    return super.put(...args);
  }
  override putWrites(...args: Parameters<lib.MemorySaver["putWrites"]>): ReturnType<lib.MemorySaver["putWrites"]> {
    this.calls.push(["putWrites", args[0], args[1]]);
    return super.putWrites(...args);
  }
  override getTuple(...args: Parameters<lib.MemorySaver["getTuple"]>): ReturnType<lib.MemorySaver["getTuple"]> {
    this.calls.push(["getTuple", args[0]]);
    return super.getTuple(...args);
  }
}

/** A graph as this suite runs it. */
export interface Built {
  graph: lib.CompiledStateGraph<object, object, string>;
  saver: NotingSaver | undefined;
}

const State = lib.Annotation.Root({
  log: lib.Annotation<string[]>({ reducer: (a, b) => a.concat(b), default: () => [] }),
  sum: lib.Annotation<number>({ reducer: (a, b) => a + b, default: () => 0 }),
  last: lib.Annotation<string>,
  messages: lib.Annotation<AIMessage[]>({ reducer: (a, b) => a.concat(b), default: () => [] }),
});

const nameOf = (i: number) => `n${i}`;

async function wait(turns: number): Promise<void> {
  for (let i = 0; i < turns; i++) await undefined;
}

function subgraph(plan: NodePlan) {
  return new lib.StateGraph(State)
    .addNode("x", async () => {
      await wait(plan.turns);
      return { log: ["x"] };
    })
    .addNode("y", () => ({ log: ["y"], sum: 1 }))
    .addEdge(lib.START, "x")
    .addConditionalEdges("x", (s) => (s.log.length % 2 ? "y" : lib.END), ["y", lib.END])
    .compile();
}

type Config = lib.LangGraphRunnableConfig;

/** What a node does; keeps count of its tries. */
function actionOf(
  plan: NodePlan,
  i: number,
  listener: object | undefined,
): (state: typeof State.State, config: Config) => Promise<Record<string, unknown>> {
  const name = nameOf(i);
  const written = { log: [name], sum: 1 };
  let tries = 0;
  const model = new FakeListChatModel({ responses: ["one two", "three"] });
  const echo = tool(async ({ text }) => text, {
    name: "echo",
    description: "echoes",
    schema: z.object({ text: z.string() }),
  });
  const task = lib.task(`task${i}`, async (n: number) => n + 1);
  const inner = subgraph(plan);
  return async (state, config) => {
    if (listener) config.callbacks = [...handlersOf(config.callbacks), listener as BaseCallbackHandler];
    if (plan.action !== "plain") await wait(plan.turns);
    switch (plan.action) {
      case "writer":
        config.writer?.({ from: name });
        await wait(plan.turns);
        config.writer?.({ from: name, again: true });
        return written;
      case "model": {
        const answer = await model.invoke(`hello ${i}`);
        return { ...written, messages: [new AIMessage({ content: String(answer.content), id: `m${i}` })] };
      }
      case "tool":
        return { log: [String(await echo.invoke({ text: name }))] };
      case "task":
        return { log: [name], sum: await task(1) };
      case "by hand":
        return { log: (await inner.invoke({ log: [name] })).log };
      case "retry":
        tries += 1;
        if (tries === 1) throw new Error(`${name}: once more`);
        return written;
      case "interrupt":
        return { log: [`${name}: ${String(lib.interrupt(`${name}?`))}`] };
      case "fail":
        throw new Error(`${name} failed after ${state.log.length}`);
      case "clash":
        return { last: name };
      case "empty":
        return {};
      default:
        return written;
    }
  };
}

function handlersOf(callbacks: Config["callbacks"]): (BaseCallbackHandler | CallbackHandlerMethods)[] {
  return Array.isArray(callbacks) ? callbacks : (callbacks?.handlers ?? []);
}

/**
 * Builds the graph of a plan anew.
 * @param listener a handler that the nodes themselves have listen to what goes on in them
 */
export function build(plan: Plan, listener?: object): Built {
  const builder = new lib.StateGraph(State) as unknown as {
    addNode(name: string, action: unknown, options?: object): void;
    addEdge(from: string | string[], to: string): void;
    addConditionalEdges(from: string, path: unknown, ends: string[]): void;
    compile(options: object): Built["graph"];
  };
  let laps = 2;
  plan.nodes.forEach((node, i) => {
    const to = node.targets.map(nameOf);
    const act = actionOf(node, i, listener);
    const options: Record<string, unknown> = {};
    if (node.action === "retry")
      options.retryPolicy = { maxAttempts: 2, initialInterval: 1, jitter: false, logWarning: false };
    if (node.action === "cached") options.cachePolicy = { keyFunc: () => nameOf(i) };
    if (node.action === "deferred") options.defer = true;
    if (node.action === "subgraph") builder.addNode(nameOf(i), subgraph(node), options);
    else if (node.way === "command")
      builder.addNode(
        nameOf(i),
        async (state: typeof State.State, config: Config) =>
          new lib.Command({ update: await act(state, config), goto: to }),
        { ...options, ends: [...to, lib.END] },
      );
    else builder.addNode(nameOf(i), act, options);
    if (node.action !== "subgraph" && node.way === "command") return;
    if (node.way === "conditional" || node.way === "command")
      builder.addConditionalEdges(
        nameOf(i),
        (s: typeof State.State) => to[s.log.length % (to.length || 1)] ?? lib.END,
        [...to, lib.END],
      );
    else if (node.way === "send")
      builder.addConditionalEdges(
        nameOf(i),
        (s: typeof State.State) =>
          to.length > 0 ? to.flatMap((t) => [new lib.Send(t, s), new lib.Send(t, { ...s, log: [] })]) : lib.END,
        [...to, lib.END],
      );
    else if (node.way === "loop") {
      const back = nameOf(Math.max(0, i - 1));
      builder.addConditionalEdges(nameOf(i), () => {
        laps -= 1;
        return laps >= 0 ? back : (to[0] ?? lib.END);
      }, [...new Set([back, ...to, lib.END])]);
    } else if (node.way === "static" && to.length > 0) for (const t of to) builder.addEdge(nameOf(i), t);
    else builder.addEdge(nameOf(i), lib.END);
  });
  for (const { from, to } of plan.joins) builder.addEdge(from.map(nameOf), nameOf(to));
  // A path map to all makes every node reachable, as the compiler wants it.
  builder.addConditionalEdges(
    lib.START,
    () => [nameOf(0), nameOf(1)],
    plan.nodes.map((_, i) => nameOf(i)),
  );
  const saver = plan.hasThread ? new NotingSaver() : undefined;
  return { graph: builder.compile({ checkpointer: saver, cache: cache() }), saver };
}
