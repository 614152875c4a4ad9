import { SystemMessage } from "@langchain/core/messages";
import { isInteropZodObject } from "@langchain/core/utils/types";
import type { LangGraphRunnableConfig } from "@langchain/langgraph";
import { getConfig, StateSchema } from "@langchain/langgraph";
// biome-ignore lint/suspicious/noTsIgnore: it must hold in the declarations too, where langchain may be missing
/** @ts-ignore langchain is optional: without it these types are not known, and nothing else suffers. */
import type { AgentMiddleware, ModelRequest } from "langchain";
import { z } from "zod";
import { parseOptions } from "../core/index.js";
import { NamedModels, NamedTools } from "./agent-parts.js";
import { DecisionPoint, type DecisionPointStatus } from "./decision-point.js";
import type { RoutingDeps } from "./deps.js";
import { type DecisionOptions, decisionOptionsShape, type ResolvedOptions } from "./options.js";

/** One way to make a model call; what is left out stays as the agent has it. */
export interface ModelChoice {
  /**
   * A chat model, or its name as `createAgent` takes it ("openai:gpt-4o"). A name is loaded by langchain when it is first
   * chosen (or by `ready()`), and fails then where its package is missing.
   */
  model?: ModelRequest["model"] | string;
  /**
   * The agent's tools that the model gets to see, by name; those that run at the provider by their type
   * ("web_search_preview"). One that no model call is offered is logged as a warning; another middleware may hide tools
   * from some.
   */
  tools?: readonly string[];
  systemPrompt?: string | SystemMessage;
}

/** A decision point for the model calls of an agent; `context` and `fallback` get the model request. */
export interface LearnedMiddlewareOptions<C extends string>
  extends Omit<DecisionOptions<ModelRequest, C>, "destinations"> {
  /** The ways to choose among, by name; at least two. */
  choices: Readonly<Record<C, ModelChoice>>;
  /**
   * The fields of the agent's state that `context` and `fallback` read (`request.state`), beside `messages`: an agent hands
   * each middleware no more of its state than it declares. As `stateSchema` of `createMiddleware`.
   */
  stateSchema?: AgentMiddleware["stateSchema"];
}

/** A middleware for `createAgent({ middleware: [...] })`. */
export interface LearnedMiddleware extends AgentMiddleware {
  /**
   * Resolves when every policy promoted so far is loaded and serves, and so are the models given by name.
   * @throws ROUTER_INVALID where langchain cannot load one of them
   */
  ready(): Promise<void>;
  status(): DecisionPointStatus;
}

const { destinations: _, ...shape } = decisionOptionsShape;
const schema = z.object({
  ...shape,
  // Of anything else langchain hands on no field, without a word.
  stateSchema: z
    .custom((v) => isInteropZodObject(v) || StateSchema.isInstance(v), "a zod object or a StateSchema")
    .optional(),
  choices: z
    .record(
      z.string(),
      z.strictObject({
        model: z
          .custom(
            (v) => (typeof v === "string" ? v !== "" : typeof v === "object" && v !== null),
            "a chat model or its name",
          )
          .optional(),
        tools: z.array(z.string(), "names of tools").optional(),
        systemPrompt: z
          .custom((v) => typeof v === "string" || SystemMessage.isInstance(v), "a text or a SystemMessage")
          .optional(),
      }),
      "the ways to choose among, by name",
    )
    .refine((c) => Object.keys(c).length >= 2, "at least two ways to choose among"),
});

/**
 * Chooses model, tools or system prompt for each model call of langchain's `createAgent`. One model call
 * is one decision, however often a retrying middleware outside repeats it. A middleware that swaps the
 * model itself (fallbacks) belongs inside of this one, after it in the list.
 * @throws CONFIG_UNKNOWN_KEY or ROUTER_INVALID for wrong options
 * @example
 * ```ts
 * const middleware = createLearnedMiddleware(
 *   {
 *     decisionPoint: "model",
 *     choices: { small: { model: smallModel }, large: { model: largeModel } },
 *     context: ({ messages }) => ({ messages: messages.length }),
 *     fallback: () => "large",
 *   },
 *   deps, // in a loop: loop.middleware({ ... }) needs none
 * );
 * ```
 */
export function createLearnedMiddleware<const C extends string>(
  options: LearnedMiddlewareOptions<C>,
  deps: RoutingDeps,
): LearnedMiddleware {
  const { choices, stateSchema, ...rest } = parseOptions(
    schema,
    options,
    "learned middleware options",
    "ROUTER_INVALID",
  );
  const resolved = { ...rest, destinations: Object.keys(choices) } as unknown as ResolvedOptions<ModelRequest, C>;
  const point = new DecisionPoint(resolved, deps);
  const named = new NamedTools(point.name, deps.logger);

  // Repeated calls within one attempt of the agent's model node are the same model call.
  const decided = new WeakMap<object, Promise<C>>();

  function decide(request: ModelRequest): Promise<C> {
    const config: Partial<LangGraphRunnableConfig> = getConfig() ?? {};
    const attempt = config.executionInfo;
    const known = attempt && decided.get(attempt);
    if (known) return known;
    const choice = point.decide(request, config);
    if (!attempt) return choice;
    decided.set(attempt, choice);
    choice.catch(() => decided.delete(attempt)); // a fallback that failed is asked again by the next try
    return choice;
  }

  const models = new NamedModels();
  return {
    name: `learned:${point.name}`,
    ...(stateSchema !== undefined && { stateSchema: stateSchema as AgentMiddleware["stateSchema"] }),
    async wrapModelCall(request, handler) {
      const { model, tools, systemPrompt } = options.choices[await decide(request)];
      const changed = { ...request };
      if (model !== undefined) changed.model = typeof model === "string" ? await models.get(model) : model;
      if (tools !== undefined) changed.tools = named.of(request.tools, tools);
      if (systemPrompt !== undefined)
        changed.systemMessage = typeof systemPrompt === "string" ? new SystemMessage(systemPrompt) : systemPrompt;
      return handler(changed);
    },
    ready: async () => {
      const names = Object.values<ModelChoice>(choices as Record<string, ModelChoice>).map(({ model }) => model);
      await Promise.all([point.feed.ready(), ...names.map((name) => typeof name === "string" && models.get(name))]);
    },
    status: () => point.status(),
  };
}
