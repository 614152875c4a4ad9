// biome-ignore lint/suspicious/noTsIgnore: it must hold in the declarations too, where langchain may be missing
/** @ts-ignore langchain is optional: without it these types are not known, and nothing else suffers. */
import type { ModelRequest } from "langchain";
import { LearningError, type Logger, messageOf, nearestWord, slipOf } from "../core/index.js";

/**
 * What a tool may be called by: its own name; of one that runs at the provider also its type (OpenAI,
 * Anthropic), or the one field that it consists of (Gemini's `{ googleSearch: {} }`).
 */
function namesOf(tool: unknown): string[] {
  if (typeof tool !== "object" || tool === null) return [];
  const { name, type, function: inner } = tool as { name?: unknown; type?: unknown; function?: { name?: unknown } };
  const names = [name, inner?.name, type === "function" ? undefined : type].filter((n) => typeof n === "string");
  return names.length > 0 ? names : Object.keys(tool).slice(0, 1);
}

/** A tool that so many model calls were not offered is told of. */
const CALLS_WITHOUT = 50;

/**
 * The tools that choices name, as model calls are offered them. Another middleware may hide a tool from some calls, so one
 * that is not offered is told of at once only where its name is a slip of one that is.
 */
export class NamedTools {
  private readonly offered = new Set<string>();
  private readonly warned = new Set<string>();
  private readonly missed = new Map<string, number>();

  constructor(
    private readonly point: string,
    private readonly logger: Logger,
  ) {}

  /** Those of a model call's tools that are wanted. */
  of(tools: ModelRequest["tools"], wanted: readonly string[]): ModelRequest["tools"] {
    const names = tools.flatMap(namesOf);
    for (const name of names) this.offered.add(name);
    for (const name of wanted) if (!this.offered.has(name)) this.miss(name, names);
    return tools.filter((t) => namesOf(t).some((name) => wanted.includes(name)));
  }

  private miss(name: string, names: readonly string[]): void {
    const calls = (this.missed.get(name) ?? 0) + 1;
    this.missed.set(name, calls);
    if (this.warned.has(name) || (calls < CALLS_WITHOUT && slipOf(name, names) === undefined)) return;
    this.warned.add(name);
    this.logger.warn(`${this.point}: no model call was offered the tool ${JSON.stringify(name)}`, {
      detail: `the agent lacks it, or a middleware before this one hides it; offered are ${names.join(", ") || "none"}; the nearest is ${nearestWord(name, names)}`,
    });
  }
}

/** Models given by name, loaded once by langchain, as `createAgent` does. */
export class NamedModels {
  private readonly loaded = new Map<string, Promise<ModelRequest["model"]>>();

  /** @throws ROUTER_INVALID where the model, or langchain itself, cannot be loaded; the next call tries again */
  get(name: string): Promise<ModelRequest["model"]> {
    let model = this.loaded.get(name);
    if (!model) {
      model = load(name);
      this.loaded.set(name, model);
      model.catch(() => this.loaded.delete(name));
    }
    return model;
  }
}

async function load(name: string): Promise<ModelRequest["model"]> {
  try {
    const { initChatModel } = await import("langchain");
    // As createAgent loads it, so that a name means the same in both places.
    const fields = name.startsWith("openai:") ? { useResponsesApi: true } : undefined;
    return (await initChatModel(name, fields)) as unknown as ModelRequest["model"];
  } catch (error) {
    throw new LearningError("ROUTER_INVALID", {
      received: `the model ${JSON.stringify(name)}, which langchain cannot load (${messageOf(error)})`,
      expected: "a name that `createAgent` takes, with its provider's package installed",
      remedy: "Install the package, correct the name, or pass a chat model.",
      cause: error,
    });
  }
}
