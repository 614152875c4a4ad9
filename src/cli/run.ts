import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isLearningError, LearningError, messageOf, nearestWord, show, VERSION } from "../core/index.js";
import { CollectiveLearningLoop, openStoreAt } from "../loop/index.js";
import { type LearningStore, openFileStore } from "../store/index.js";
import { type CliOutput, type Command, type CommandContext, type CommandResult, EXIT } from "./command.js";
import { COMMANDS } from "./commands.js";

const COMMON = {
  dir: { type: "string", default: "./learning" },
  store: { type: "string" },
  config: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

const EXITS = `Exit codes: ${EXIT.done} done, ${EXIT.failed} failed, ${EXIT.usage} wrong usage, ${EXIT.found} done, and something was found that needs a person.`;

const HELP = `collective-learning COMMAND [--dir FOLDER | --store ADDRESS] [--config FILE] [--json] [--help]

${Object.entries(COMMANDS)
  .map(([name, c]) => `  ${name.padEnd(11)} ${c.summary}`)
  .join("\n")}

  --dir FOLDER    the loop's storagePath (default ./learning)
  --store ADDRESS a store elsewhere, such as postgres://user:password@host/database
  --config FILE   JSON with the other settings of CollectiveLearningLoop.open
  --json          one JSON value instead of text
  --help          about the command
  --version       the release this is

${EXITS}`;

/**
 * Runs one command line and answers with its exit code: 0 done, 1 failed, 2 wrong usage, 3 something was found that
 * needs a person. Errors go to `err`, as one JSON object with `--json`.
 * @param stopped gives the signal that ends commands that go on until they are told to end (serve, watch)
 */
export async function runCli(
  args: string[],
  output: CliOutput,
  stopped: () => AbortSignal = () => new AbortController().signal,
): Promise<number> {
  const json = args.includes("--json");
  try {
    const name = args[0];
    if (name === undefined || ["--help", "-h", "help"].includes(name)) {
      output.out(HELP);
      return name === undefined ? 2 : 0;
    }
    if (["--version", "-v"].includes(name)) {
      output.out(json ? JSON.stringify({ version: VERSION }) : VERSION);
      return EXIT.done;
    }
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (!command) {
      throw usage(
        `the command ${show(name)}`,
        `one of ${Object.keys(COMMANDS).join(", ")}`,
        `Did you mean ${show(nearestWord(name, Object.keys(COMMANDS)))}?`,
      );
    }
    return await runCommand(name, command, args.slice(1), { ...output, json, stopped });
  } catch (error) {
    const code = isLearningError(error) ? error.code : "FAILED";
    output.err(json ? JSON.stringify({ error: { code, message: messageOf(error) } }) : messageOf(error));
    return code === "CLI_USAGE" ? 2 : 1;
  }
}

async function runCommand(name: string, command: Command, args: string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parse(args, command);
  if (values.help) {
    const examples = command.examples.map((e) => `  collective-learning ${e}`).join("\n");
    context.out(
      `collective-learning ${name} ${command.usage}\n\n${command.summary}.\n${command.details}\n\nExamples:\n${examples}\n\n${EXITS}`,
    );
    return EXIT.done;
  }
  const { takes = 0 } = command;
  if (positionals.length > takes) {
    throw usage(
      `${show(positionals[takes])} after ${name}`,
      `${name} ${command.usage}`,
      "Leave it out, or put quotes around words that belong together.",
    );
  }
  const tell = (result: CommandResult) => {
    const said = values.json ? JSON.stringify(result.data) : result.text;
    if (said) context.out(said);
    return result.code ?? EXIT.done;
  };
  if ("alone" in command) return tell(await command.alone(positionals, values, context));
  const config = { ...readConfig(values.config), ...(command.role && { role: command.role }) };
  const { loop, close } = await openLoop(String(values.dir), values.store, config, command.readsOnly);
  try {
    return tell(await command.run(loop, positionals, values, context));
  } finally {
    await close();
  }
}

async function openLoop(
  dir: string,
  address: unknown,
  config: Record<string, unknown>,
  readsOnly = false,
): Promise<{ loop: CollectiveLearningLoop; close(): Promise<void> }> {
  if (address !== undefined) {
    return openOver(await openStoreAt(String(address)), config);
  }
  // Opening a loop makes its folders: a mistyped folder must not become one.
  const models = typeof config.modelStoragePath === "string" ? config.modelStoragePath : join(dir, "models");
  if (dir === "" || !existsSync(models))
    throw usage(`--dir ${show(dir)}`, "a folder that a loop has written to", "Name the loop's storagePath with --dir.");
  try {
    const loop = await CollectiveLearningLoop.open({ ...config, storagePath: dir });
    return { loop, close: () => loop.close() };
  } catch (error) {
    if (!readsOnly || !isUnwritable(error)) throw error;
    const at = (given: unknown, name: string) => (typeof given === "string" ? given : join(dir, name));
    const store = await openFileStore({
      traces: at(config.traceStoragePath, "traces"),
      feedback: at(config.feedbackStoragePath, "feedback"),
      models,
      readOnly: true,
    });
    return openOver(store, { ...config, storagePath: dir });
  }
}

async function openOver(store: LearningStore, config: Record<string, unknown>) {
  const loop = await CollectiveLearningLoop.open({ ...config, store }).catch(async (error) => {
    await store.close();
    throw error;
  });
  const close = async () => {
    await loop.close();
    await store.close();
  };
  return { loop, close };
}

/** Whether a store failed because its folder may not be written. */
function isUnwritable(error: unknown): boolean {
  const cause = (error as { cause?: { code?: unknown } }).cause?.code;
  return isLearningError(error, "STORE_IO") && ["EROFS", "EACCES", "EPERM"].includes(String(cause));
}

function parse(args: string[], command: Command) {
  try {
    return parseArgs({ args, options: { ...COMMON, ...command.options }, allowPositionals: true });
  } catch (cause) {
    throw usage(messageOf(cause), "the options that --help lists", "Run the command with --help.", cause);
  }
}

function readConfig(file: unknown): Record<string, unknown> {
  if (file === undefined) return {};
  try {
    const config: unknown = JSON.parse(readFileSync(String(file), "utf8"));
    if (typeof config !== "object" || config === null || Array.isArray(config)) throw new Error("no JSON object");
    return config as Record<string, unknown>;
  } catch (cause) {
    throw usage(
      `--config ${show(file)}: ${messageOf(cause)}`,
      "a readable file with a JSON object",
      "Correct the path or the file.",
      cause,
    );
  }
}

function usage(received: string, expected: string, remedy: string, cause?: unknown): LearningError {
  return new LearningError("CLI_USAGE", { received, expected, remedy, cause });
}
