import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { ParseArgsConfig } from "node:util";
import { LearningError, messageOf, show } from "../core/index.js";
import type { CollectiveLearningLoop } from "../loop/collective-learning-loop.js";
import { renderReportHtml, UserFeedback } from "../loop/index.js";
import { cycleText, statusText } from "./text.js";

/** The parsed options of a command line. */
export type OptionValues = Record<string, string | boolean | (string | boolean)[] | undefined>;

/** One command. */
export interface Command {
  summary: string;
  usage: string;
  details: string;
  /** How many words it takes besides options (default none). */
  takes?: number;
  options: NonNullable<ParseArgsConfig["options"]>;
  run(loop: CollectiveLearningLoop, args: string[], options: OptionValues): Promise<{ data: unknown; text: string }>;
}

const wrong = (received: string, expected: string) =>
  new LearningError("CLI_USAGE", { received, expected, remedy: "Run the command with --help." });

function number(options: OptionValues, name: string): number | undefined {
  const value = options[name];
  if (value === undefined) return undefined;
  const parsed = Number(value);
  // An empty text is a variable that was not set, not a zero.
  if (String(value).trim() === "" || !Number.isFinite(parsed)) throw wrong(`--${name} ${show(value)}`, "a number");
  return parsed;
}

/** NAME=VALUE, any number of times, each name once. */
function dimensionsOf(given: OptionValues[string]): Record<string, number> {
  const dimensions = new Map<string, number>();
  for (const text of [given ?? []].flat().map(String)) {
    const [, name, value] = /^\s*(.*\S)\s*=\s*(\S+)\s*$/.exec(text) ?? [];
    if (name === undefined || !Number.isFinite(Number(value)))
      throw wrong(`--dimension ${show(text)}`, "NAME=NUMBER, such as novelty=7");
    if (dimensions.has(name)) throw wrong(`--dimension ${name} twice`, "each dimension once");
    dimensions.set(name, Number(value));
  }
  return Object.fromEntries(dimensions);
}

/** The commands by name. */
export const COMMANDS: Record<string, Command> = {
  status: {
    summary: "what was learned so far, and what serves",
    usage: "[--dir FOLDER] [--json]",
    details: "Reads only.",
    options: {},
    async run(loop) {
      const data = await loop.getLearningStatus();
      return { data, text: statusText(data) };
    },
  },
  cycle: {
    summary: "one learning cycle, now",
    usage: "[--dir FOLDER] [--json]",
    details: "Refused while another process runs one over the same folder; what it promotes serves there too.",
    options: {},
    async run(loop) {
      const data = await loop.triggerLearningCycle();
      return { data, text: cycleText(data) };
    },
  },
  export: {
    summary: "writes everything learned from into a folder",
    usage: "NAME [--dir FOLDER] [--json]",
    details: "The folder is NAME under the loop's exportPath; an export of the same name is replaced.",
    takes: 1,
    options: {},
    async run(loop, [name]) {
      if (!name) throw wrong("no NAME", "the name of the export");
      const data = await loop.exportLearningData(name);
      const { trace, decision, feedback } = data.facts;
      return {
        data,
        text: `${data.path}: ${trace} traces, ${decision} decisions, ${feedback} judgements, ${data.versions} versions`,
      };
    },
  },
  report: {
    summary: "a page with the reward curve and what the policies learned",
    usage: "[--out FILE] [--dir FOLDER] [--json]",
    details: "Writes one HTML file (default report.html) that needs no network.",
    options: { out: { type: "string", default: "report.html" } },
    async run(loop, _args, options) {
      const data = await loop.createReport();
      if (options.out === "") throw wrong('--out ""', "the file to write");
      const file = resolve(String(options.out));
      try {
        await writeFile(file, renderReportHtml(data));
      } catch (cause) {
        throw new LearningError("STORE_IO", {
          received: messageOf(cause),
          expected: `to write the report to ${file}`,
          remedy: "Name a file in a folder that can be written with --out.",
          cause,
        });
      }
      return { data: { file, ...data }, text: `wrote ${file}` };
    },
  },
  feedback: {
    summary: "records a judgement of a run",
    usage:
      "WORKFLOW-ID --user NAME [--cat 1-10] [--dimension NAME=1-10]... [--satisfaction 0-1] [--usefulness 0-1] [--thumbs up|down] [--outcome 0-1] [--comment TEXT]",
    details:
      "At least one judgement is needed. Dimensions (creativity, usefulness, novelty, quality or any other) go with a CAT score; give --dimension once for each.",
    takes: 1,
    options: {
      user: { type: "string" },
      cat: { type: "string" },
      dimension: { type: "string", multiple: true },
      thumbs: { type: "string" },
      satisfaction: { type: "string" },
      usefulness: { type: "string" },
      outcome: { type: "string" },
      comment: { type: "string" },
    },
    async run(loop, [workflowId], options) {
      if (!workflowId) throw wrong("no WORKFLOW-ID", "the run's workflowId");
      if (options.user === undefined) throw wrong("no --user", "who judges");
      const feedback = new UserFeedback(workflowId, String(options.user));
      const cat = number(options, "cat");
      const dimensions = dimensionsOf(options.dimension);
      if (cat !== undefined) feedback.addCatScore(cat, dimensions);
      else if (Object.keys(dimensions).length > 0)
        throw wrong("--dimension without --cat", "the overall score as well");
      if (options.thumbs === "up") feedback.thumbsUp();
      else if (options.thumbs === "down") feedback.thumbsDown();
      else if (options.thumbs !== undefined) throw wrong(`--thumbs ${show(options.thumbs)}`, "up or down");
      const ratings = Object.fromEntries(
        ["satisfaction", "usefulness"].flatMap((n) => {
          const value = number(options, n);
          return value === undefined ? [] : [[n, value]];
        }),
      );
      if (Object.keys(ratings).length > 0) feedback.setRatings(ratings);
      const outcome = number(options, "outcome");
      if (outcome !== undefined) feedback.setOutcome(outcome);
      if (options.comment !== undefined) feedback.setComment(String(options.comment));
      const data = await loop.feedback.submitFeedback(feedback);
      return { data, text: `stored ${data.feedbackId}` };
    },
  },
};
