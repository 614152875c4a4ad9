import type { CommandContext } from "./command.js";

/** How much of long work is done. */
export interface Progress {
  update(done: number): void;
  finish(): void;
}

/** Milliseconds between two lines; a terminal needs no more. */
const EVERY_MS = 100;

/** A line that tells a person at a terminal how far it is; silent for scripts. `total` makes it a bar. */
export function progress({ terminal, json }: CommandContext, what: string, total?: number): Progress {
  if (!terminal || json) return { update() {}, finish() {} };
  let last = 0;
  const show = (done: number) => {
    const filled = total ? Math.round((24 * done) / Math.max(1, total)) : 0;
    const bar = total ? `[${"█".repeat(filled)}${" ".repeat(24 - filled)}] ${done}/${total}` : `${done}`;
    process.stderr.write(`\r${what} ${bar} `);
  };
  return {
    update(done) {
      const now = performance.now();
      if (now - last < EVERY_MS) return;
      last = now;
      show(done);
    },
    finish() {
      process.stderr.write("\r\x1b[K");
    },
  };
}
