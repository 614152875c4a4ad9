import { dirname, join, sep } from "node:path";
import { defaultLogger, LearningError, type Logger, messageOf } from "../core/index.js";
import { loadOptional, resolveOptional } from "../core/optional-package.js";

/** TensorFlow.js' core API. */
export type TensorFlow = typeof import("@tensorflow/tfjs-core");

/** `native` is the TensorFlow library through `@tensorflow/tfjs-node`. All three are optional peers. */
type BackendName = "native" | "wasm" | "cpu";

/** A backend that passed its smoke test. */
export interface TensorBackend {
  name: BackendName;
  tf: TensorFlow;
  /** Backends that were tried before and why they were not taken. */
  rejected: { name: BackendName; reason: string }[];
}

/** How to choose. */
export interface BackendOptions {
  /** Where in the order native, wasm, cpu to begin (default `native`). */
  prefer?: BackendName;
  logger?: Logger;
}

/** What to install for large networks: the native library, or where it is not supported the portable one. */
export const INSTALL_TENSORFLOW =
  "npm install @tensorflow/tfjs-node@4, or where that is not supported @tensorflow/tfjs-core@4 " +
  "@tensorflow/tfjs-layers@4 @tensorflow/tfjs-backend-wasm@4 @tensorflow/tfjs-backend-cpu@4";

const ORDER: readonly BackendName[] = ["native", "wasm", "cpu"];

/**
 * Loads TensorFlow.js (only now, not at import) on the first backend of native, wasm, cpu that
 * passes a smoke test: a matrix product and one training step with the right numbers. The test
 * matters: on Node 23 and later the native library loads and then fails in use. TensorFlow.js has
 * one backend per thread, so the last call decides for all. Prints nothing.
 * @throws LearningError TENSOR_BACKEND when none works
 */
export async function chooseBackend(options: BackendOptions = {}): Promise<TensorBackend> {
  const { prefer = "native", logger = defaultLogger() } = options;
  const rejected: TensorBackend["rejected"] = [];
  for (const name of ORDER.slice(ORDER.indexOf(prefer))) {
    try {
      const tf = await LOADERS[name]();
      smokeTest(tf);
      logger.debug(`tensor backend ${name}`, { rejected });
      return { name, tf, rejected };
    } catch (error) {
      const reason = messageOf(error).split("\n")[0];
      rejected.push({ name, reason });
      logger.debug(`tensor backend ${name} refused`, { reason });
    }
  }
  throw new LearningError("TENSOR_BACKEND", {
    received: rejected.map((r) => `${r.name}: ${r.reason}`).join("; "),
    expected: "one working TensorFlow.js backend",
    remedy: `${INSTALL_TENSORFLOW}; or leave the engine to \`auto\`, which does without.`,
  });
}

const WASM = "@tensorflow/tfjs-backend-wasm";

const LOADERS: Record<BackendName, () => Promise<TensorFlow>> = {
  async native() {
    // It brings the core, but not every package manager shows that to others.
    const own = await loadOptional<TensorFlow & { default?: TensorFlow }>("@tensorflow/tfjs-node");
    const tf = await loadCore().catch(() => own.default ?? own);
    tf.env().set("PROD", true);
    return use(tf, "tensorflow");
  },
  async wasm() {
    const tf = await loadCore();
    const { setWasmPaths } = await loadOptional<typeof import("@tensorflow/tfjs-backend-wasm")>(WASM);
    if (!tf.findBackend("wasm")) setWasmPaths(join(dirname(resolveOptional(`${WASM}/package.json`)), "dist") + sep);
    return withoutNewListeners(() => use(tf, "wasm"));
  },
  async cpu() {
    const tf = await loadCore();
    await loadOptional("@tensorflow/tfjs-backend-cpu");
    return use(tf, "cpu");
  },
};

async function loadCore(): Promise<TensorFlow> {
  const tf = await loadOptional<TensorFlow>("@tensorflow/tfjs-core");
  // The core's Node build has no gradients of its operations; loading the layers registers them.
  await loadOptional("@tensorflow/tfjs-layers");
  // Production mode: no advertisement on the console, no NaN scan after every operation.
  tf.env().set("PROD", true);
  return tf;
}

async function use(tf: TensorFlow, backend: string): Promise<TensorFlow> {
  if (!(await tf.setBackend(backend))) throw new Error(`the backend ${backend} did not start`);
  await tf.ready();
  return tf;
}

/** The wasm module installs handlers that rethrow every unhandled rejection of the process; those go again. */
async function withoutNewListeners<T>(load: () => Promise<T>): Promise<T> {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => new Set<unknown>(process.listeners(event as "uncaughtException")));
  try {
    return await load();
  } finally {
    events.forEach((event, i) => {
      for (const listener of process.listeners(event as "uncaughtException"))
        if (!before[i]?.has(listener)) process.removeListener(event, listener);
    });
  }
}

/** A 2x2 product and one gradient step of a linear fit, against their known results. */
function smokeTest(tf: TensorFlow): void {
  const before = tf.memory().numTensors;
  let product = "";
  let weight = Number.NaN;
  tf.tidy(() => {
    const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    product = tf.matMul(a, a).dataSync().join();
    const w = tf.variable(tf.scalar(0));
    const optimizer = tf.train.sgd(0.5);
    // d/dw (w - 1)^2 = -2 at 0, so one step of 0.5 lands on 1.
    optimizer.minimize(() => tf.squaredDifference<ReturnType<TensorFlow["scalar"]>>(w, 1));
    weight = w.dataSync()[0];
    w.dispose();
    optimizer.dispose();
  });
  if (product !== "7,10,15,22" || Math.abs(weight - 1) > 1e-6)
    throw new Error(`smoke test: received ${product} and ${weight}, expected 7,10,15,22 and 1`);
  if (tf.memory().numTensors !== before) throw new Error("smoke test: tensors were left behind");
}
