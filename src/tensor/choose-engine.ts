import { defaultLogger, isLearningError } from "../core/index.js";
import type { Network } from "../math/network.js";
import { type BackendOptions, chooseBackend, INSTALL_TENSORFLOW } from "./backend.js";
import type { EngineChoice, GradientEngine } from "./engine.js";
import { plainEngine } from "./plain-engine.js";
import { tensorflowEngine } from "./tensorflow-engine.js";

/** What the choice depends on. */
export interface EngineOptions extends BackendOptions {
  engine?: EngineChoice;
  /** Rows per gradient step. */
  rows: number;
}

/**
 * Below this many products of rows and parameters a gradient step is faster in plain arrays than on
 * TensorFlow.js' wasm backend. Measured on Node 20: at 64 rows and two hidden layers of 64, 0.8 ms
 * against 2.1 ms; at 256 rows equal, about 3 ms; at 256 rows and layers of 256, 70 ms against 22 ms.
 */
const TENSORFLOW_FROM = 1.2e6;

/**
 * The engine for training `network`. TensorFlow.js is loaded only when it is chosen; where it is not installed the
 * plain engine does its work, and one line says what to install.
 * @throws TENSOR_BACKEND where the engine `tensorflow` was asked for and none works
 */
export async function chooseEngine(network: Network, options: EngineOptions): Promise<GradientEngine> {
  const { engine = "auto", rows, logger = defaultLogger() } = options;
  const isSmall = rows * network.parameters.length < TENSORFLOW_FROM;
  if (engine === "plain" || (engine === "auto" && isSmall)) return plainEngine();
  try {
    return tensorflowEngine(await chooseBackend(options));
  } catch (error) {
    if (engine === "tensorflow" || !isLearningError(error, "TENSOR_BACKEND")) throw error;
    logger.warn(`training this network would be some three times faster with TensorFlow.js: ${INSTALL_TENSORFLOW}`);
    return plainEngine();
  }
}
