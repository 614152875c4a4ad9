import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { LearningError, messageOf } from "../../core/index.js";
import { createDashboard, isLoopback } from "../../dashboard/index.js";
import { type CollectiveLearningLoop, toNodeListener } from "../../loop/index.js";
import {
  type Command,
  type CommandContext,
  numberOption,
  type OptionValues,
  textOption,
  usageError,
} from "../command.js";

const OPTIONS = {
  port: { type: "string", default: "4870" },
  host: { type: "string", default: "127.0.0.1" },
  secret: { type: "string" },
  origin: { type: "string", multiple: true },
  readonly: { type: "boolean", default: false },
} as const;

const DETAILS =
  "Prints a link that holds a token; whoever has it may look, judge and change what serves (--readonly: look only). On another --host than this machine's own it needs --secret (at least 16 characters, or the variable LEARNING_DASHBOARD_SECRET) and each --origin under which people open it, and should stand behind HTTPS. Ctrl-C ends it.";

export const serve: Command = {
  summary: "the dashboard in the browser",
  usage: "[--port N] [--host ADDRESS --secret TEXT --origin URL] [--readonly] [--dir FOLDER | --store ADDRESS]",
  details: DETAILS,
  examples: ["serve", "serve --readonly --port 0", "serve --store postgres://localhost/learning"],
  options: OPTIONS,
  run: (loop, _args, options, context) => run(loop, options, context, ""),
};

export const review: Command = {
  summary: "the reviewer's inbox in the browser",
  usage: "[--port N] [--dir FOLDER | --store ADDRESS]",
  examples: ["review", "review --port 0"],
  details: `Opens the queue of runs that wait for a judgement. ${DETAILS}`,
  options: OPTIONS,
  run: (loop, _args, options, context) => run(loop, options, context, "#/inbox"),
};

async function run(loop: CollectiveLearningLoop, options: OptionValues, context: CommandContext, page: string) {
  const port = numberOption(options, "port") ?? 4870;
  if (!(Number.isInteger(port) && port >= 0 && port < 65_536)) throw usageError(`--port ${port}`, "0 to 65535");
  const host = textOption(options, "host") ?? "127.0.0.1";
  const secret = textOption(options, "secret") ?? process.env["LEARNING_DASHBOARD_SECRET"];
  const origins = [options["origin"] ?? []].flat().map(String);
  if (!isLoopback(host === "::1" ? "[::1]" : host) && (!secret || origins.length === 0))
    throw usageError(`--host ${host} without --secret and --origin`, "both, since other machines can reach it then");
  const dashboard = createDashboard(loop, {
    ...(secret && { token: secret }),
    ...(origins.length > 0 && { origins }),
    readonly: options["readonly"] === true,
  });
  const server = createServer(toNodeListener(dashboard));
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (cause) {
    throw new LearningError("CLI_USAGE", {
      received: `the port ${port}: ${messageOf(cause)}`,
      expected: "a port that is free",
      remedy: "Choose another with --port, or 0 for any.",
      cause,
    });
  }
  const { port: taken } = server.address() as AddressInfo;
  const home = origins[0] ?? `http://${host.includes(":") ? `[${host}]` : host}:${taken}`;
  const url = `${home}/?token=${encodeURIComponent(dashboard.token)}${page}`;
  context.out(context.json ? JSON.stringify({ url, port: taken }) : `Dashboard: ${url}\nCtrl-C ends it.`);
  const stopped = context.stopped();
  if (!stopped.aborted) await once(stopped, "abort");
  // Pages keep a stream open: nobody would ever close it.
  server.close();
  server.closeAllConnections();
  return { data: { closed: true }, text: "closed" };
}
