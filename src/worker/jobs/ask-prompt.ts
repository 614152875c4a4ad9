// Runs in the learning thread.
import { answerFrom, PROMPT_POINT, type PromptQuestions, type PromptTopic } from "../../evaluation/experiment/index.js";
import type { Job } from "../job.js";
import { type RowOptions, rowsByPoint } from "../rows.js";
import { stopping } from "../stopping.js";

/** A question about a prompt, with its topic. */
export interface AskPromptInput {
  promptId: string;
  rows: RowOptions;
  topic: PromptTopic;
  question: PromptQuestions[PromptTopic]["question"];
}

/** Answers from the rows that stand here: those, and the rewards, that everything else is learned by. */
export const askPrompt: Job<AskPromptInput, PromptQuestions[PromptTopic]["answer"]> = {
  run({ promptId, rows, topic, question }, { state, cancelled }) {
    const own = rowsByPoint(state, rows).get(PROMPT_POINT + promptId) ?? [];
    return answerFrom(own, topic, question as never, stopping(cancelled));
  },
};
