import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { errno } from "./io.js";

/** What nobody needs any more: probes and half-written files, and the locks of release 0.1.0. */
const LEFTOVER = /^\.probe-|\.tmp$|\.json\.lock(?:\.|$)/;
/** Nobody takes as long as this over one small file. */
const OLD_MS = 10 * 60_000;

/** Removes what killed processes left half done in these folders. */
export async function sweepLeftovers(folders: readonly string[]): Promise<void> {
  for (const folder of folders)
    for (const name of await readdir(folder)) {
      if (!LEFTOVER.test(name)) continue;
      const path = join(folder, name);
      const age = await stat(path).then(
        ({ mtimeMs }) => Date.now() - mtimeMs,
        (error) => {
          if (errno(error) === "ENOENT") return 0;
          throw error;
        },
      );
      if (age > OLD_MS) await rm(path, { force: true, recursive: true });
    }
}
