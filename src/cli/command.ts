import type { ParseArgsConfig } from "node:util";
import { LearningError, show } from "../core/index.js";
import type { CollectiveLearningLoop } from "../loop/index.js";

/** The parsed options of a command line. */
export type OptionValues = Record<string, string | boolean | (string | boolean)[] | undefined>;

/** Where the command line writes. */
export interface CliOutput {
  out(text: string): void;
  err(text: string): void;
  /** Whether a person looks on: progress is for them alone. */
  terminal?: boolean;
  /** Whether `out` ends on a screen that shows colours. */
  colours?: boolean;
}

/** What a command has beside the loop. */
export interface CommandContext extends CliOutput {
  json: boolean;
  /** Ends what goes on until it is told to end. Who asks for it takes Ctrl-C over. */
  stopped(): AbortSignal;
}

/** What a command says at its end. */
export interface CommandResult {
  data: unknown;
  text: string;
  /** 0 unless something was found that a script must notice. */
  code?: number;
}

interface CommandBase {
  summary: string;
  usage: string;
  details: string;
  /** Command lines that show it in use. */
  examples: readonly string[];
  /** It only looks, so that a folder that cannot be written will do. */
  readsOnly?: true;
  /** How many words it takes besides options (default none). */
  takes?: number;
  options: NonNullable<ParseArgsConfig["options"]>;
  /** What its loop is opened for, where not to serve and to learn. */
  role?: "learn";
}

/** A command over the loop of a folder or store. */
interface LoopCommand extends CommandBase {
  run(
    loop: CollectiveLearningLoop,
    args: string[],
    options: OptionValues,
    context: CommandContext,
  ): Promise<CommandResult>;
}

/** A command that needs no loop. */
interface PlainCommand extends CommandBase {
  alone(args: string[], options: OptionValues, context: CommandContext): Promise<CommandResult>;
}

/** One command; each has a file of its own in `commands/`. */
export type Command = LoopCommand | PlainCommand;

/** Exit codes; the help names them. */
export const EXIT = { done: 0, failed: 1, usage: 2, found: 3 } as const;

/** The error of a command line that cannot be understood. */
export function usageError(received: string, expected: string, remedy = "Run the command with --help."): LearningError {
  return new LearningError("CLI_USAGE", { received, expected, remedy });
}

/** An option's number; undefined where it was left out. */
export function numberOption(options: OptionValues, name: string): number | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  const parsed = Number(value);
  // An empty text is a variable that was not set, not a zero.
  if (String(value).trim() === "" || !Number.isFinite(parsed)) throw usageError(`--${name} ${show(value)}`, "a number");
  return parsed;
}

/** An option's text; undefined where it was left out. */
export function textOption(options: OptionValues, name: string): string | undefined {
  const value = options[name];
  return value === undefined ? undefined : String(value);
}

/** A word that must be there. */
export function wordOf(args: readonly string[], at: number, what: string): string {
  const word = args[at];
  if (word) return word;
  throw usageError(`no ${what}`, what);
}
