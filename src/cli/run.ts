import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { CollectiveLearningLoop } from "../collective-learning-loop.js";
import { isLearningError, LearningError, messageOf, nearestWord, show } from "../core/index.js";
import { COMMANDS, type Command } from "./commands.js";

/** Where the command line writes. */
export interface CliOutput {
  out(text: string): void;
  err(text: string): void;
}

const COMMON = {
  dir: { type: "string", default: "./learning" },
  config: { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

const HELP = `collective-learning COMMAND [--dir FOLDER] [--config FILE] [--json] [--help]

${Object.entries(COMMANDS)
  .map(([name, c]) => `  ${name.padEnd(10)} ${c.summary}`)
  .join("\n")}

  --dir FOLDER    the loop's storagePath (default ./learning)
  --config FILE   JSON with the other settings of CollectiveLearningLoop.open
  --json          one JSON value instead of text
  --help          about the command`;

/**
 * Runs one command line and answers with its exit code: 0 done, 1 failed, 2 wrong usage.
 * Errors go to `err`, as one JSON object with `--json`.
 */
export async function runCli(args: string[], output: CliOutput): Promise<number> {
  const json = args.includes("--json");
  try {
    const name = args[0];
    if (name === undefined || name === "--help" || name === "-h") {
      output.out(HELP);
      return name === undefined ? 2 : 0;
    }
    const command = COMMANDS[name];
    if (!command) {
      throw usage(
        `the command ${show(name)}`,
        `one of ${Object.keys(COMMANDS).join(", ")}`,
        `Did you mean ${show(nearestWord(name, Object.keys(COMMANDS)))}?`,
      );
    }
    await runCommand(name, command, args.slice(1), output);
    return 0;
  } catch (error) {
    const code = isLearningError(error) ? error.code : "FAILED";
    output.err(json ? JSON.stringify({ error: { code, message: messageOf(error) } }) : messageOf(error));
    return code === "CLI_USAGE" ? 2 : 1;
  }
}

async function runCommand(name: string, command: Command, args: string[], output: CliOutput): Promise<void> {
  const { values, positionals } = parse(args, command);
  if (values.help) {
    output.out(`collective-learning ${name} ${command.usage}\n\n${command.summary}.\n${command.details}`);
    return;
  }
  const dir = String(values.dir);
  if (!existsSync(dir)) {
    throw usage(`--dir ${show(dir)}`, "a folder that a loop has written to", "Name the loop's storagePath with --dir.");
  }
  const loop = await CollectiveLearningLoop.open({ ...readConfig(values.config), storagePath: dir });
  try {
    const result = await command.run(loop, positionals, values);
    output.out(values.json ? JSON.stringify(result.data) : result.text);
  } finally {
    await loop.close();
  }
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
    return JSON.parse(readFileSync(String(file), "utf8")) as Record<string, unknown>;
  } catch (cause) {
    throw usage(
      `--config ${show(file)}: ${messageOf(cause)}`,
      "a readable JSON file",
      "Correct the path or the file.",
      cause,
    );
  }
}

function usage(received: string, expected: string, remedy: string, cause?: unknown): LearningError {
  return new LearningError("CLI_USAGE", { received, expected, remedy, cause });
}
