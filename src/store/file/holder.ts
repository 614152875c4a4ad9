import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { threadId } from "node:worker_threads";
import { digest, newId } from "../../core/index.js";
import { errno } from "./io.js";

/** Tokens in use by this thread, over all copies of the package that are loaded in it. */
const TOKENS = Symbol.for("langgraph-collective-learning.store.tokens");
const shared = globalThis as { [TOKENS]?: Set<string> };
shared[TOKENS] ??= new Set<string>();
const tokens = shared[TOKENS];
const OWN_BEGINNING = beginningOf(process.pid);

/** Where process ids mean something: one start of one kernel, and one namespace of ids on it (a container has its own). */
export interface ProcessPlace {
  /** The start of the kernel; where nothing tells it, the host's name. */
  boot: string;
  /** The namespace of process ids; `0` where there is only one. */
  space: string;
}

/** The place of this process. */
export const HERE: ProcessPlace = { boot: bootOf(), space: spaceOf() };

/**
 * Makes a name for someone in this process who holds something; `forget` it when it is given back.
 * @param owner the record by which other places may ask for the process, see `Ownership`
 */
export function newHolder(owner = ""): string {
  const token = newId().slice(0, 8);
  tokens.add(token);
  return [process.pid, threadId, token, OWN_BEGINNING, HERE.boot, HERE.space, owner].join("-");
}

/** Takes a holder out of use. */
export function forgetHolder(holder: string): void {
  tokens.delete(fieldsOf(holder).token ?? "");
}

function fieldsOf(holder: string) {
  const [pid, thread, token, beginning, boot, space, owner] = holder.split("-");
  return { pid: Number(pid), thread: Number(thread), token, beginning, boot, space, owner };
}

/** The ownership record that a holder's name points to, if it does. */
export function ownerOf(holder: string): string | undefined {
  return fieldsOf(holder).owner || undefined;
}

/** Whether process ids tell anything about this holder here. Names of release 0.1.0 tell no place and count as of here. */
export function isFromHere(holder: string): boolean {
  const { boot, space } = fieldsOf(holder);
  return boot === undefined || (boot === HERE.boot && space === HERE.space);
}

/**
 * Whether the process and thread that made this name are still there, as far as process ids tell: true for a holder
 * of another place, of whom they tell nothing.
 */
export function isAlive(holder: string): boolean {
  const { pid, thread, token, beginning } = fieldsOf(holder);
  if (!Number.isInteger(pid) || pid <= 0 || token === undefined) return false;
  if (!isFromHere(holder)) return true;
  // Ids are given again, after a restart of the host or of a container even to the same programs.
  const begunNow = pid === process.pid ? OWN_BEGINNING : beginningOf(pid);
  if (beginning && begunNow && beginning !== begunNow) return false;
  if (pid === process.pid) return thread !== threadId || tokens.has(token);
  try {
    process.kill(pid, 0);
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

function bootOf(): string {
  try {
    return digest(readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim(), 8);
  } catch {
    return digest(hostname(), 8);
  }
}

function spaceOf(): string {
  try {
    return /\d+/.exec(readlinkSync("/proc/self/ns/pid"))?.[0] ?? "0";
  } catch {
    return "0";
  }
}
