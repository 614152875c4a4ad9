import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const CLI = fileURLToPath(new URL("../../node_modules/.bin/langgraphjs", import.meta.url));

/** LangGraph's development server over a folder with a langgraph.json. */
export interface DevServer {
  url: string;
  stop(): void;
}

/** Starts it on a free port; it answers some seconds later. */
export async function startDevServer(folder: string, env: Record<string, string>): Promise<DevServer> {
  const port = await freePort();
  const server = spawn(CLI, ["dev", "-p", String(port), "--no-browser"], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: "ignore",
    detached: true,
  });
  return {
    url: `http://localhost:${port}`,
    stop: () => {
      try {
        process.kill(-(server.pid as number), "SIGKILL");
      } catch {
        // It has ended by itself.
      }
      rmSync(join(folder, ".langgraph_api"), { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
