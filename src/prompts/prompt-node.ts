import { SystemMessage } from "@langchain/core/messages";
import { getConfig, type LangGraphRunnableConfig } from "@langchain/langgraph";
// biome-ignore lint/suspicious/noTsIgnore: it must hold in the declarations too, where langchain may be missing
/** @ts-ignore langchain is optional: without it these types are not known, and nothing else suffers. */
import type { AgentMiddleware, ModelRequest } from "langchain";
import { checkArgument } from "../core/arguments.js";
import { type DecisionContext, refuseUnknownKeys } from "../core/index.js";
import type { PromptOptimizer } from "./prompt-optimizer.js";

/** How a state becomes a prompt. */
export interface PromptNodeOptions<State, Key extends string> {
  /** Values of the template's variables. */
  variables: (state: State) => Record<string, unknown>;
  /** What may matter for the choice of the version. */
  context?: (state: State) => DecisionContext;
  /** State key that receives the formatted messages. */
  into: Key;
}

/**
 * A LangGraph node that writes the formatted messages of the run's version into the state:
 * `graph.addNode("prompt", promptNode(prompts, "support", { variables: (s) => ({ question: s.question }), into: "messages" }))`.
 * @example
 * ```ts
 * const node = promptNode(loop.prompts, "support", {
 *   variables: ({ question }: { question: string }) => ({ question }),
 *   into: "messages",
 * });
 * builder.addNode("prompt", node);
 * ```
 */
export function promptNode<State, Key extends string>(
  prompts: PromptOptimizer,
  promptId: string,
  options: PromptNodeOptions<State, Key>,
) {
  checkArgument(prompts, "prompts", { get: "function" }, "PROMPT_INVALID");
  checkArgument(promptId, "promptId", "text", "PROMPT_INVALID");
  checkArgument(options, "options", { variables: "function", into: "text", context: "function?" }, "PROMPT_INVALID");
  refuseUnknownKeys(options, ["variables", "context", "into"], "options of promptNode");
  return async (state: State, config: LangGraphRunnableConfig): Promise<Record<Key, unknown>> => {
    const { template } = await prompts.get(promptId, options.context?.(state), config);
    const messages = await template.formatMessages(options.variables(state));
    return { [options.into]: messages } as Record<Key, unknown>;
  };
}

/** How a model request becomes a prompt. */
export interface PromptMiddlewareOptions {
  /** Values of the template's variables; default none. */
  variables?: (request: ModelRequest) => Record<string, unknown>;
  context?: (request: ModelRequest) => DecisionContext;
}

/**
 * Middleware for `createAgent` that gives each run its version of a prompt: the template's system messages
 * become the agent's system message, and its other messages go before the conversation.
 * @example const agent = createAgent({ model: chatModel, tools: [], middleware: [promptMiddleware(loop.prompts, "support")] });
 */
export function promptMiddleware(
  prompts: PromptOptimizer,
  promptId: string,
  options: PromptMiddlewareOptions = {},
): AgentMiddleware {
  checkArgument(prompts, "prompts", { get: "function" }, "PROMPT_INVALID");
  checkArgument(promptId, "promptId", "text", "PROMPT_INVALID");
  checkArgument(options, "options", { variables: "function?", context: "function?" }, "PROMPT_INVALID");
  return {
    name: `prompt:${promptId}`,
    async wrapModelCall(request, handler) {
      const { template } = await prompts.get(promptId, options.context?.(request), getConfig() ?? {});
      const messages = await template.formatMessages(options.variables?.(request) ?? {});
      const system = messages.filter((m) => m.getType() === "system");
      const others = messages.filter((m) => m.getType() !== "system");
      return handler({
        ...request,
        ...(system.length > 0 && { systemMessage: new SystemMessage(system.map((m) => m.text).join("\n\n")) }),
        messages: [...others, ...request.messages],
      });
    },
  };
}
