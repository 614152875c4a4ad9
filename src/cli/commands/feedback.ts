import { show } from "../../core/index.js";
import { type CollectiveLearningLoop, UserFeedback } from "../../loop/index.js";
import { type Command, type CommandResult, numberOption, type OptionValues, usageError } from "../command.js";
import { table, when } from "../text.js";

export const feedbackCommand: Command = {
  summary: "records a judgement of a run, or lists who waits for one",
  usage:
    "[submit] WORKFLOW-ID --user NAME [--cat 1-10] [--dimension NAME=1-10]... [--satisfaction 0-1] [--usefulness 0-1] [--thumbs up|down] [--outcome 0-1] [--comment TEXT] | pending [--user NAME]",
  details:
    "At least one judgement is needed. Dimensions (creativity, usefulness, novelty, quality or any other) go with a CAT score; give --dimension once for each.",
  examples: ["feedback submit run-17 --user alice --cat 8 --dimension novelty=7", "feedback pending --user alice"],
  takes: 2,
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
  run(loop, args, options) {
    if (args[0] === "pending" && args.length === 1) return pending(loop, options);
    const [workflowId, more] = args[0] === "submit" ? args.slice(1) : args;
    if (more !== undefined) throw usageError(`${show(more)} after feedback ${workflowId}`, "one WORKFLOW-ID");
    return submit(loop, workflowId, options);
  },
};

async function pending(loop: CollectiveLearningLoop, { user }: OptionValues): Promise<CommandResult> {
  const data = await loop.feedback.pendingRequests(user === undefined ? undefined : String(user));
  const rows = data.map((r) => [r.workflowId, r.userId, when(r.askedAt), r.reason]);
  return {
    data,
    text: rows.length > 0 ? table(["run", "asked of", "asked", "why"], rows) : "nobody waits for an answer",
  };
}

async function submit(
  loop: CollectiveLearningLoop,
  workflowId: string | undefined,
  options: OptionValues,
): Promise<CommandResult> {
  if (!workflowId) throw usageError("no WORKFLOW-ID", "the run's workflowId");
  if (options.user === undefined) throw usageError("no --user", "who judges");
  const feedback = new UserFeedback(workflowId, String(options.user));
  const cat = numberOption(options, "cat");
  const dimensions = dimensionsOf(options.dimension);
  if (cat !== undefined) feedback.addCatScore(cat, dimensions);
  else if (Object.keys(dimensions).length > 0)
    throw usageError("--dimension without --cat", "the overall score as well");
  if (options.thumbs === "up") feedback.thumbsUp();
  else if (options.thumbs === "down") feedback.thumbsDown();
  else if (options.thumbs !== undefined) throw usageError(`--thumbs ${show(options.thumbs)}`, "up or down");
  const ratings = Object.fromEntries(
    ["satisfaction", "usefulness"].flatMap((n) => {
      const value = numberOption(options, n);
      return value === undefined ? [] : [[n, value]];
    }),
  );
  if (Object.keys(ratings).length > 0) feedback.setRatings(ratings);
  const outcome = numberOption(options, "outcome");
  if (outcome !== undefined) feedback.setOutcome(outcome);
  if (options.comment !== undefined) feedback.setComment(String(options.comment));
  const data = await loop.feedback.submitFeedback(feedback);
  return { data, text: `stored ${data.feedbackId}` };
}

/** NAME=VALUE, any number of times, each name once. */
function dimensionsOf(given: OptionValues[string]): Record<string, number> {
  const dimensions = new Map<string, number>();
  for (const text of [given ?? []].flat().map(String)) {
    const [, name, value] = /^\s*(.*\S)\s*=\s*(\S+)\s*$/.exec(text) ?? [];
    if (name === undefined || !Number.isFinite(Number(value)))
      throw usageError(`--dimension ${show(text)}`, "NAME=NUMBER, such as novelty=7");
    if (dimensions.has(name)) throw usageError(`--dimension ${name} twice`, "each dimension once");
    dimensions.set(name, Number(value));
  }
  return Object.fromEntries(dimensions);
}
