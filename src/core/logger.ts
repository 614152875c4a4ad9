/** Any object with these four methods can be the logger. */
export interface Logger {
  debug(message: string, data?: unknown): void;
  info(message: string, data?: unknown): void;
  warn(message: string, data?: unknown): void;
  error(message: string, data?: unknown): void;
}

const LEVELS = ["debug", "info", "warn", "error"] as const;
const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * The default logger: silent, unless `LEARNING_LOG` names a level (`debug`, `info`, `warn`,
 * `error`), which then goes to the console's error stream with everything above it.
 */
export function defaultLogger(env: NodeJS.ProcessEnv = process.env): Logger {
  const from = LEVELS.indexOf(env.LEARNING_LOG as (typeof LEVELS)[number]);
  if (from < 0) return silent;
  const at = (level: (typeof LEVELS)[number]) => (message: string, data?: unknown) => {
    if (LEVELS.indexOf(level) < from) return;
    const tail = data === undefined ? "" : ` ${JSON.stringify(data)}`;
    process.stderr.write(`[collective-learning] ${level}: ${message}${tail}\n`);
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
