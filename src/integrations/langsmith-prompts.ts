import { load } from "@langchain/core/load";
import type { ChatPromptTemplate } from "@langchain/core/prompts";
import type { Client } from "langsmith";
import { checkArgument } from "../core/arguments.js";
import { LearningError, messageOf, show } from "../core/index.js";
import { type PromptOptimizer, templateOf } from "../prompts/index.js";

/** The part of LangSmith's client that prompts need. */
export type PromptHubClient = Pick<Client, "pushPrompt" | "pullPromptCommit">;

/** What to push. */
export interface PushOptions {
  /** The hub's name for the prompt (`name` or `owner/name`); default the prompt's id. */
  identifier?: string;
  /** Default: the serving version. */
  version?: string;
  tags?: string[];
}

/**
 * Pushes a version of a prompt to LangSmith's prompt hub as a new commit, with its version and lineage in the
 * description. Returns the hub's address of it; fails with INTEGRATION_FAILED, and PROMPT_INVALID for an
 * unknown version.
 * @example
 * ```ts
 * import { Client } from "langsmith";
 *
 * const address = await pushPrompt(loop.prompts, new Client(), "support", { tags: ["production"] });
 * ```
 */
export async function pushPrompt(
  prompts: PromptOptimizer,
  client: PromptHubClient,
  promptId: string,
  options: PushOptions = {},
): Promise<string> {
  checkArgument(prompts, "prompts", { list: "function" }, "CONFIG_INVALID");
  checkArgument(client, "client", "object", "CONFIG_INVALID");
  checkArgument(promptId, "promptId", "text", "CONFIG_INVALID");
  checkArgument(options, "options", "object", "CONFIG_INVALID");
  const versions = prompts.list(promptId);
  const found = versions.find((v) => (options.version === undefined ? v.serving : v.version === options.version));
  if (!found)
    throw new LearningError("PROMPT_INVALID", {
      received: `version ${show(options.version ?? "(serving)")} of ${show(promptId)}`,
      expected: `one of ${versions.map((v) => v.version).join(", ") || "its versions, but there are none"}`,
      remedy: "List the versions with prompts.list(id).",
    });
  const parent = found.lineage.parent ? `, made from ${found.lineage.parent}` : "";
  return guarded("push", promptId, () =>
    client.pushPrompt(options.identifier ?? promptId, {
      object: templateOf(found.content),
      description: `${promptId} ${found.version}${parent}`,
      ...(options.tags && { tags: options.tags }),
    }),
  );
}

/**
 * Pulls a commit of LangSmith's prompt hub as a further version of a prompt; like every version it serves only
 * once it won or was promoted by hand (the first one of an id serves at once). Returns the version.
 * @param identifier `name`, `owner/name` or `owner/name:commit`
 * @example
 * ```ts
 * import { Client } from "langsmith";
 *
 * const version = await pullPrompt(loop.prompts, new Client(), "acme/support", "support");
 * ```
 */
export async function pullPrompt(
  prompts: PromptOptimizer,
  client: PromptHubClient,
  identifier: string,
  promptId: string,
): Promise<string> {
  const commit = await guarded("pull", identifier, () => client.pullPromptCommit(identifier, { skipCache: true }));
  const template = await guarded("read", identifier, () => load<ChatPromptTemplate>(JSON.stringify(commit.manifest)));
  if (!Array.isArray((template as Partial<ChatPromptTemplate>).promptMessages))
    throw new LearningError("PROMPT_INVALID", {
      received: `a manifest of ${show(identifier)} that is no chat prompt`,
      expected: "a ChatPromptTemplate",
      remedy: "Pull a chat prompt; other kinds are not served here.",
    });
  return prompts.register(promptId, template, { estimates: { langsmith: `${identifier}@${commit.commit_hash}` } });
}

async function guarded<T>(what: string, name: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new LearningError("INTEGRATION_FAILED", {
      received: `${messageOf(cause)} while trying to ${what} ${show(name)}`,
      expected: "an answer of LangSmith's prompt hub",
      remedy: "Check LANGSMITH_API_KEY, the endpoint and the prompt's name.",
      cause,
    });
  }
}
