import { checkArgument } from "../core/arguments.js";
import type { ResetOptions } from "./env.js";

/** What every environment has. */
const ENV = { observationSpace: "object", actionSpace: "object", reset: "function", step: "function" } as const;

/** The environment, when it is one. @throws ENV_INVALID */
export function environmentArgument<E>(env: E): E {
  checkArgument(env, "env", ENV, "ENV_INVALID");
  return env;
}

/** The options of a reset, when they are some: `reset(7)` would otherwise start unseeded. @throws ENV_INVALID */
export function resetArgument(options: ResetOptions): ResetOptions {
  checkArgument(options, "the options of reset", "object", "ENV_INVALID");
  return options;
}
