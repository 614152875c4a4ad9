/**
 * Next.js with the package inside its bundle and outside of it, by Turbopack and by webpack, and as a standalone server:
 * a route captures a run and asks for a learning cycle. The lighter bundlers are tried in test/package.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { heavyProject, run } from "./support/heavy.js";

const ROUTE = `import { Annotation, END, START, StateGraph } from "@langchain/langgraph";
import { CollectiveLearningLoop } from "langgraph-collective-learning";
export const runtime = "nodejs";
export const dynamic = "force-dynamic";
const opening = CollectiveLearningLoop.open({ storagePath: process.env.STORE });
export async function GET() {
  try {
    const loop = await opening;
    const State = Annotation.Root({ topic: Annotation(), answer: Annotation() });
    const graph = loop.wrap(
      new StateGraph(State).addNode("a", () => ({ answer: "a" })).addEdge(START, "a").addEdge("a", END).compile(),
      { workflowType: "w" },
    );
    const workflowId = "r" + Math.random();
    const { answer } = await graph.invoke({ topic: "x" }, { metadata: { workflowId } });
    const trace = await loop.getTrace(workflowId);
    let cycle;
    try {
      cycle = (await loop.triggerLearningCycle()).steps.map((s) => s.component + ": " + s.state);
    } catch (error) {
      cycle = error.code + ": " + error.received;
    }
    return Response.json({ answer, status: trace?.status, capture: trace?.capture, cycle });
  } catch (error) {
    return Response.json({ error: String(error.stack ?? error) });
  }
}
`;

/** An external package is read from node_modules at run time; a bundled one stands in the server's files. */
const configOf = (external: boolean, standalone: boolean) => `export default {
  ${external ? 'serverExternalPackages: ["langgraph-collective-learning"],' : ""}
  ${standalone ? 'output: "standalone",' : ""}
};`;

export default async function bundles(): Promise<Record<string, unknown>> {
  const home = heavyProject();
  const results: Record<string, unknown> = {};
  for (const bundler of ["turbopack", "webpack"])
    for (const external of [true, false])
      for (const standalone of bundler === "turbopack" && external ? [false, true] : [false]) {
        const name = `${bundler}, ${external ? "external" : "bundled"}${standalone ? ", standalone" : ""}`;
        results[name] = await tried(home, bundler, external, standalone).catch((error) => String(error).slice(0, 800));
        console.log(`${name}: ${JSON.stringify(results[name])}`);
      }
  return results;
}

async function tried(home: string, bundler: string, external: boolean, standalone: boolean): Promise<unknown> {
  rmSync(join(home, ".next"), { recursive: true, force: true });
  mkdirSync(join(home, "app", "api"), { recursive: true });
  writeFileSync(join(home, "app", "api", "route.js"), ROUTE);
  writeFileSync(
    join(home, "app", "layout.js"),
    "export default ({ children }) => <html><body>{children}</body></html>;",
  );
  writeFileSync(join(home, "next.config.mjs"), configOf(external, standalone));
  const next = join(home, "node_modules", "next", "dist", "bin", "next");
  run(process.execPath, [next, "build", `--${bundler}`], home);
  const port = await freePort();
  const env = { ...process.env, PORT: String(port), HOSTNAME: "127.0.0.1", STORE: join(home, `store-${port}`) };
  let server: ChildProcess;
  if (standalone) {
    const alone = join(home, "..", `alone-${port}`);
    cpSync(join(home, ".next", "standalone"), alone, { recursive: true, verbatimSymlinks: true });
    const folder = existsSync(join(alone, "server.js")) ? alone : join(alone, home.slice(1));
    server = spawn(process.execPath, ["server.js"], { cwd: folder, env, stdio: "ignore" });
  } else {
    server = spawn(process.execPath, [next, "start", "-p", String(port)], { cwd: home, env, stdio: "ignore" });
  }
  try {
    return await answerOf(`http://127.0.0.1:${port}/api`);
  } finally {
    server.kill();
  }
}

async function answerOf(url: string): Promise<unknown> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await (await fetch(url, { signal: AbortSignal.timeout(120_000) })).json();
    } catch (error) {
      if (attempt >= 60) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
