import { link, rm, writeFile } from "node:fs/promises";
import type { Clock } from "../../core/index.js";
import { digest, LearningError } from "../../core/index.js";
import { forgetHolder, isAlive, newHolder } from "./holder.js";
import { errno, readText } from "./io.js";

const RETRY_MS = 5;

/**
 * Runs `work` while holding the lock file, which keeps other processes of this host out. The lock of
 * a process that died is taken over. Fails with STORE_LOCKED when it is not free within `waitMs`.
 */
export async function withLock<T>(path: string, clock: Clock, work: () => Promise<T>, waitMs = 10_000): Promise<T> {
  const holder = newHolder();
  try {
    const until = clock.monotonic() + waitMs;
    while (!(await tryTake(path, holder))) {
      if (clock.monotonic() >= until) throw lockedError(path, await readText(path));
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    try {
      return await work();
    } finally {
      await rm(path, { force: true });
    }
  } finally {
    forgetHolder(holder);
  }
}

async function tryTake(path: string, holder: string): Promise<boolean> {
  // Written first and linked then, so that a lock always names its holder.
  const named = `${path}.${holder}`;
  try {
    await writeFile(named, holder);
    await link(named, path);
    return true;
  } catch (error) {
    if (errno(error) !== "EEXIST") throw error;
  } finally {
    await rm(named, { force: true });
  }
  const other = await readText(path);
  if (other !== undefined && !isAlive(other)) await clear(path, other, holder);
  return false;
}

/**
 * Takes away the lock of a holder that died. One at a time, behind a lock of its own: whoever came late with what
 * it read before would take away the lock that a living one has taken since.
 */
async function clear(path: string, dead: string, holder: string): Promise<void> {
  const clearing = `${path}.${digest(dead, 12)}`;
  if (!(await tryTake(clearing, holder))) return;
  try {
    if ((await readText(path)) === dead) await rm(path, { force: true });
  } finally {
    await rm(clearing, { force: true });
  }
}

function lockedError(path: string, holder: string | undefined): LearningError {
  return new LearningError("STORE_LOCKED", {
    received: `the lock ${path}, held by ${holder || "an unknown process"}`,
    expected: "a lock that is free within seconds",
    remedy: "Find out why that process holds on; if it no longer runs on this host, delete the file.",
  });
}
