import { access, constants } from "node:fs/promises";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { messageOf } from "../../core/index.js";
import type { Finding } from "./finding.js";
import type { Source } from "./source.js";

/** Node's first version that the package supports. */
const NODE = [20, 19] as const;

/** Node, the folders' permissions, threads, and the engines that train. */
export async function machineFindings(source: Source): Promise<Finding[]> {
  return [node(process.versions.node), ...(await folders(source)), await threads(), engines()];
}

/** Whether a version of Node will do. */
export function node(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > NODE[0] || (major === NODE[0] && minor >= NODE[1])) return { level: "ok", what: `Node ${version}` };
  return {
    level: "bad",
    what: `Node ${version} is older than the package supports`,
    todo: `Use Node ${NODE.join(".")} or newer.`,
  };
}

/** Folders of the loop that are there and cannot be written. */
async function folders({ loop }: Source): Promise<Finding[]> {
  const closed: string[] = [];
  for (const folder of loop.inspect.folders) {
    const error = await access(folder, constants.R_OK | constants.W_OK | constants.X_OK).catch((e) => e);
    if (error && (error as NodeJS.ErrnoException).code !== "ENOENT") closed.push(`${folder} (${messageOf(error)})`);
  }
  if (closed.length === 0) return [{ level: "ok", what: "The loop's folders may be read and written" }];
  return [
    {
      level: "bad",
      what: `Not readable and writable by this user: ${closed.join(", ")}`,
      todo: "Give the folders to the user that runs the service (chown), or run this as that user.",
    },
  ];
}

/** Whether a thread can be started, which learning needs. */
async function threads(): Promise<Finding> {
  let worker: Worker | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      worker = new Worker("", { eval: true });
      worker.once("error", reject);
      worker.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`it ended with ${code}`))));
    });
    return { level: "ok", what: "The learning thread can be started" };
  } catch (error) {
    return {
      level: "bad",
      what: `No thread can be started: ${messageOf(error)}`,
      todo: "Learning needs node:worker_threads: allow it (--allow-worker under the permission model), or learn elsewhere.",
    };
  } finally {
    await worker?.terminate();
  }
}

const ENGINES = ["@tensorflow/tfjs-node", "@tensorflow/tfjs-backend-wasm", "@tensorflow/tfjs-backend-cpu"];

/** Which engines large training may use; small training needs none. */
function engines(): Finding {
  const here = createRequire(import.meta.url);
  const found = ENGINES.filter((name) => {
    try {
      here.resolve(name);
      return true;
    } catch {
      return false;
    }
  });
  const what =
    found.length > 0
      ? `TensorFlow.js is there: ${found.join(", ")}`
      : "The plain engine trains; no TensorFlow.js is installed";
  return { level: "ok", what };
}
