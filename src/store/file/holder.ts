import { readFileSync } from "node:fs";
import { threadId } from "node:worker_threads";
import { newId } from "../../core/index.js";
import { errno } from "./io.js";

/** Tokens in use by this thread, over all copies of the package that are loaded in it. */
const TOKENS = Symbol.for("langgraph-collective-learning.store.tokens");
const shared = globalThis as { [TOKENS]?: Set<string> };
shared[TOKENS] ??= new Set<string>();
const tokens = shared[TOKENS];
const OWN_BEGINNING = beginningOf(process.pid);

/** Makes a name for someone in this process who holds something; `forget` it when it is given back. */
export function newHolder(): string {
  const token = newId().slice(0, 8);
  tokens.add(token);
  return `${process.pid}-${threadId}-${token}-${OWN_BEGINNING}`;
}

/** Takes a holder out of use. */
export function forgetHolder(holder: string): void {
  tokens.delete(holder.split("-")[2] as string);
}

/**
 * Whether the process and thread that made this name are still there. Holds for one host: process
 * ids mean nothing on another.
 */
export function isAlive(holder: string): boolean {
  const [pid, thread, token, beginning] = holder.split("-");
  const id = Number(pid);
  if (!Number.isInteger(id) || id <= 0 || token === undefined) return false;
  // Ids are given again, after a restart of the host or of a container even to the same programs.
  const begunNow = id === process.pid ? OWN_BEGINNING : beginningOf(id);
  if (beginning && begunNow && beginning !== begunNow) return false;
  if (id === process.pid) return Number(thread) !== threadId || tokens.has(token);
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    return errno(error) === "EPERM";
  }
}

/** When a process began, in ticks since the host did, or that it has ended; empty where nothing tells (Linux does). */
function beginningOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // Behind the name, which may hold anything, stands the third field; this is the twenty-second.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // One that has ended keeps its id until its parent takes note, which not every first process of a container does.
    return fields[0] === "Z" ? "ended" : (fields[19] ?? "");
  } catch {
    return "";
  }
}
