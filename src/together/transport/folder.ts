import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checkArgument } from "../../core/arguments.js";
import { LearningError, messageOf } from "../../core/index.js";
import { type FederationTransport, transportOver } from "./transport.js";

const ENDING = ".json";

/**
 * Sites that share a folder: a mounted drive, a bucket, files that somebody carries. One file for each site, round and
 * kind (`ROUND/KIND/SITE.json`), written beside its place and then moved there.
 * @example const transport = folderTransport("/mnt/shared/triage");
 */
export function folderTransport(folder: string): FederationTransport {
  checkArgument(folder, "folder", "text", "FEDERATION_INVALID");
  return transportOver({
    write: (round, kind, site, text) =>
      reaching(async () => {
        const at = join(folder, round, kind);
        await mkdir(at, { recursive: true });
        const temporary = join(at, `.${randomUUID()}`);
        try {
          await writeFile(temporary, text, { mode: 0o600 });
          await rename(temporary, join(at, site + ENDING));
        } finally {
          await rm(temporary, { force: true });
        }
      }),
    read: (round, kind) =>
      reaching(async () => {
        const at = join(folder, round, kind);
        const names = (await namesIn(at)).filter((name) => name.endsWith(ENDING) && !name.startsWith("."));
        const sites = names.map((name) => name.slice(0, -ENDING.length)).sort();
        const letter = async (site: string) => ({ site, text: await readFile(join(at, site + ENDING), "utf8") });
        return Promise.all(sites.map(letter));
      }),
  });
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return []; // nobody has sent anything yet
    throw error;
  }
}

async function reaching<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new LearningError("STORE_UNREACHABLE", {
      received: messageOf(cause),
      expected: "a folder that can be read and written",
      remedy: "Mount the folder that the sites share, and give this process access.",
      cause,
    });
  }
}
