#!/usr/bin/env node
import { messageOf } from "../core/index.js";
import { EXIT } from "./command.js";
import { runCli } from "./run.js";

const ended = new AbortController();

/** Takes Ctrl-C over for commands that go on until then; all others end at once, as they always did. */
function stopped(): AbortSignal {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => ended.abort());
  return ended.signal;
}

// Who reads may go at any time (`| head`, a pager): what was begun is finished, and nobody is told the rest.
let unwritten: Error | undefined;
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  ended.abort();
  if (error.code === "EPIPE") return;
  if (!unwritten) process.stderr.write(`[STORE_IO] received ${messageOf(error)}; expected to write the answer.\n`);
  unwritten = error;
  process.exitCode = EXIT.failed;
});
// Whoever does not read errors cannot be told of this one either.
process.stderr.on("error", () => {});

const code = await runCli(
  process.argv.slice(2),
  {
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
    terminal: process.stderr.isTTY === true,
    colours: process.stdout.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb",
  },
  stopped,
);
process.exitCode = unwritten ? EXIT.failed : code;
