import { chmod, type FileHandle, open, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { errno } from "./io.js";

/** A socket in a folder that the kernel keeps for as long as its process exists, stopped or not. */
export interface LifeSocket {
  close(): Promise<void>;
}

/** The kernel takes no longer path of a socket. */
const LONGEST_PATH = 100;

/** A path of the file that is short enough, and what must stay open while it is used. */
async function shortPath(folder: string, name: string): Promise<{ path: string; handle?: FileHandle }> {
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= LONGEST_PATH) return { path };
  const handle = await open(folder, "r");
  return { path: `/proc/self/fd/${handle.fd}/${name}`, handle };
}

/** Opens a socket; undefined where there is none to be had (other systems than Linux, some file systems). */
export async function openLifeSocket(folder: string, name: string): Promise<LifeSocket | undefined> {
  if (process.platform !== "linux") return undefined;
  const { path, handle } = await shortPath(folder, name);
  const server = createServer((caller) => caller.destroy());
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      // In a cluster the primary would listen in the worker's place, and live on.
      server.listen({ path, exclusive: true }, resolve);
    });
  } catch {
    await handle?.close();
    return undefined;
  }
  // Nothing that goes wrong with it later may reach the host.
  server.on("error", () => {});
  server.unref();
  await chmod(join(folder, name), 0o600);
  return {
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      await handle?.close();
      await rm(join(folder, name), { force: true });
    },
  };
}

/** Whether somebody is behind a socket: `nobody` only when the kernel says so. */
export async function knock(folder: string, name: string): Promise<"somebody" | "nobody" | "unknown"> {
  const { path, handle } = await shortPath(folder, name);
  try {
    return await new Promise((resolve) => {
      const call = connect(path);
      call.once("connect", () => {
        call.destroy();
        resolve("somebody");
      });
      call.once("error", (error) => {
        const code = errno(error);
        resolve(code === "ECONNREFUSED" || code === "ENOENT" ? "nobody" : "unknown");
      });
    });
  } finally {
    await handle?.close();
  }
}
