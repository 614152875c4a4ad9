import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { VERSION } from "../../core/index.js";

/** The file of the thread within the package. */
const WITHIN = join("dist", "worker", "main.js");
const PACKAGE = "langgraph-collective-learning";

/** Put together here, so that no bundle of the host holds the text that its thread's file holds. */
export function threadProof(): string {
  return ["@@", PACKAGE, "/thread ", VERSION, "@@"].join("");
}

/** Where the thread's file is. */
export interface FoundEntry {
  /** Undefined where only the bundler knows, if it saw the thread at all. */
  entry?: URL;
  /** What was looked at and is not the thread's file, in words. */
  refused: string[];
  /** A file that is not the thread's stands where an unchanged `new URL` would lead to. */
  isTaken: boolean;
}

/** What {@link findEntry} looks at; all of it is the running program's own by default. */
export interface EntrySearch {
  /** `import.meta.url` of the module that starts the thread; undefined in a CommonJS bundle. */
  from: string | undefined;
  /** The path from there, as written in the source. */
  path: string;
  /** Folders from which the installed package is looked for, upwards. */
  near?: readonly string[];
}

/**
 * Finds the thread's file beside its host, else in the installed package of the same release: in a bundle the host
 * is elsewhere, and what stands beside it may be anything, the host's program included.
 */
export function findEntry({ from, path, near = placesOfProgram() }: EntrySearch): FoundEntry {
  const beside = from?.startsWith("file:") ? fileURLToPath(new URL(path, from)) : undefined;
  const installed = near.flatMap((folder) => installedFrom(folder));
  const refused: string[] = [];
  for (const file of new Set([...(beside ? [beside] : []), ...installed])) {
    const flaw = flawOf(file);
    if (flaw === undefined) return { entry: pathToFileURL(file), refused, isTaken: false };
    refused.push(`${file} ${flaw}`);
  }
  return { refused, isTaken: beside !== undefined && existsSync(beside) };
}

/** Why a file is not the thread's; undefined where it is. */
export function flawOf(file: string): string | undefined {
  try {
    if (readFileSync(file, "utf8").includes(threadProof())) return undefined;
    return `is not the learning thread of release ${VERSION}`;
  } catch {
    return "is not there";
  }
}

function placesOfProgram(): string[] {
  const program = process.argv[1];
  return [...(program ? [dirname(resolve(program))] : []), process.cwd()];
}

/** The package's thread in each `node_modules` from a folder upwards. */
function installedFrom(folder: string): string[] {
  const found: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    const file = join(at, "node_modules", PACKAGE, WITHIN);
    if (existsSync(file)) found.push(file);
    if (dirname(at) === at) return found;
  }
}
