import { types } from "node:util";

/** Any object with these four methods can be the logger. */
export interface Logger {
  debug(message: string, data?: unknown): void;
  info(message: string, data?: unknown): void;
  warn(message: string, data?: unknown): void;
  error(message: string, data?: unknown): void;
}

/**
 * What a host's function returned, and nobody waits for: its rejection must not end the process. Only promises of the
 * platform can do that; of all others not even a `then` is read, which might run code of the host's.
 */
export function ignoreRejection(returned: unknown): void {
  if (types.isPromise(returned)) Promise.prototype.then.call(returned, undefined, () => {});
}

const harmless = new WeakSet<Logger>();

/** A host's logger whose failures, also later ones, are told by the default logger: they must not fail a run. */
export function harmlessLogger(logger: Logger): Logger {
  if (harmless.has(logger)) return logger;
  const told = (error: unknown) => defaultLogger().error("the logger that was given fails", { reason: String(error) });
  const by = (level: keyof Logger) => (message: string, data?: unknown) => {
    try {
      const returned: unknown = logger[level](message, data);
      if (typeof (returned as PromiseLike<unknown> | undefined)?.then === "function")
        Promise.resolve(returned).catch(told);
    } catch (error) {
      told(error);
    }
  };
  const safe = { debug: by("debug"), info: by("info"), warn: by("warn"), error: by("error") };
  harmless.add(safe);
  return safe;
}

const LEVELS = ["debug", "info", "warn", "error", "off"] as const;
type Level = (typeof LEVELS)[number];

/** Kinds of trouble that are remembered as told; what is new beyond them is told each time. */
const REMEMBERED_KINDS = 1000;
/** Told in this process, whichever of its loops said it. */
const toldHere = new Set<string>();

/** Set in the learning thread, whose lines are its host's to write. */
let replacement: Logger | undefined;

/** What the default logger of this thread would say goes to another logger from here on. */
export function replaceDefaultLogger(logger: Logger | undefined): void {
  replacement = logger;
}

/**
 * The default logger, which writes to the console's error stream: warnings and errors, each kind (its message
 * without the data) once in a process. With `LEARNING_LOG` set to `debug`, `info`, `warn` or `error`, everything
 * from that level on, every time; with `off`, nothing.
 * @param env where `LEARNING_LOG` is looked up
 * @param told the kinds that were told before
 */
export function defaultLogger(env: NodeJS.ProcessEnv = process.env, told: Set<string> = toldHere): Logger {
  if (replacement) return replacement;
  const asked = LEVELS.indexOf(env.LEARNING_LOG as Level);
  const from = asked < 0 ? LEVELS.indexOf("warn") : asked;
  const at = (level: Level) => {
    if (LEVELS.indexOf(level) < from) return () => {};
    return (message: string, data?: unknown) => {
      if (asked < 0) {
        const kind = `${level}: ${message}`;
        if (told.has(kind)) return;
        if (told.size < REMEMBERED_KINDS) told.add(kind);
      }
      process.stderr.write(`[collective-learning] ${level}: ${message}${tailOf(data)}\n`);
    };
  };
  const logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  harmless.add(logger);
  return logger;
}

/** The data as JSON; what has none is named by its type, for a logger must not fail. */
function tailOf(data: unknown): string {
  if (data === undefined) return "";
  try {
    return ` ${JSON.stringify(data)}`;
  } catch {
    return ` ${Object.prototype.toString.call(data)}`;
  }
}
