import type { ChatPromptTemplate } from "@langchain/core/prompts";
import { LearningError, type Logger, messageOf, oneAtATime, show, textArgument } from "../../core/index.js";
import { PROMPT_POINT } from "../../evaluation/experiment/index.js";
import type { ArtifactLineage, Registry } from "../../registry/index.js";
import {
  contentDigest,
  type PromptContent,
  parseContent,
  templateOf,
  variableChange,
  variablesOf,
} from "../prompt-content.js";

/** One version of a prompt. */
export interface PromptVersion {
  version: string;
  createdAt: string;
  content: PromptContent;
  variables: string[];
  lineage: ArtifactLineage;
  serving: boolean;
}

/** A version in memory, ready to be formatted. */
export interface HeldPrompt {
  version: string;
  content: PromptContent;
  template: ChatPromptTemplate;
}

/** The prompts' versions: kept in the registry, held in memory so that serving never waits. */
export class PromptLibrary {
  private readonly held = new Map<string, Map<string, HeldPrompt>>();
  private readonly inTurn = oneAtATime();

  constructor(
    private readonly registry: Registry,
    private readonly logger: Logger,
  ) {}

  /** Reads every version not yet in memory; unreadable ones are left out with a warning. */
  async load(): Promise<void> {
    for (const name of this.registry.names()) {
      if (!name.startsWith(PROMPT_POINT)) continue;
      const promptId = name.slice(PROMPT_POINT.length);
      for (const { version } of this.registry.versions(name)) {
        if (this.get(promptId, version)) continue;
        try {
          this.hold(promptId, version, parseContent(await this.registry.load(name, version)));
        } catch (error) {
          this.logger.warn("a prompt version cannot be read and will not be served", {
            name,
            version,
            error: messageOf(error),
          });
        }
      }
    }
  }

  /** Every known id, sorted. */
  ids(): string[] {
    return [...this.held.keys()].sort();
  }

  /** Fails with PROMPT_INVALID for a prompt that nobody registered. */
  mustKnow(promptId: string): void {
    textArgument(promptId, "promptId", "PROMPT_INVALID");
    const ids = this.ids();
    if (!ids.includes(promptId))
      throw new LearningError("PROMPT_INVALID", {
        received: `the prompt ${show(promptId)}`,
        expected: ids.length > 0 ? `one of ${ids.join(", ")}` : "a registered prompt",
        remedy: "Register the prompt first, or correct its name.",
      });
  }

  /** A version in memory. */
  get(promptId: string, version: string): HeldPrompt | undefined {
    return this.held.get(promptId)?.get(version);
  }

  /**
   * The serving version. Where it is not in memory (it cannot be read, or was promoted elsewhere just now) the one
   * that served before it; where none serves, the oldest.
   */
  serving(promptId: string): HeldPrompt | undefined {
    const own = this.held.get(promptId);
    const champion = this.champion(promptId);
    if (!own || champion === undefined) return own?.values().next().value;
    return own.get(champion) ?? this.servedBefore(promptId, own) ?? own.values().next().value;
  }

  /** The serving version, for a proposal. @throws PROMPT_INVALID, unknown prompt */
  toImprove(promptId: string): HeldPrompt {
    const served = this.serving(promptId);
    if (served) return served;
    throw new LearningError("PROMPT_INVALID", {
      received: `a proposal for ${show(promptId)}`,
      expected: `one of ${this.ids().join(", ") || "the registered ids, but there are none"}`,
      remedy: "Register a template under this id first.",
    });
  }

  private servedBefore(promptId: string, own: ReadonlyMap<string, HeldPrompt>): HeldPrompt | undefined {
    const served = this.registry.history(PROMPT_POINT + promptId).filter((e) => e.action !== "publish");
    const last = served.findLast((e) => e.version !== undefined && own.has(e.version));
    return last?.version === undefined ? undefined : own.get(last.version);
  }

  /** The promoted version; undefined when there is none, and then the oldest serves. */
  champion(promptId: string): string | undefined {
    return this.registry.champion(PROMPT_POINT + promptId)?.version;
  }

  /**
   * Adds a version, or finds the one with the same content; the first one serves at once. One at a time for each
   * prompt, and with what other processes added: programs register the same prompt when several of them begin.
   */
  async add(promptId: string, value: PromptContent, lineage: ArtifactLineage): Promise<string> {
    checkId(promptId);
    const content = parseContent(value);
    return this.inTurn(async () => {
      const known = this.sameAs(promptId, content);
      if (known !== undefined) return known;
      await this.registry.refresh();
      await this.load();
      return this.sameAs(promptId, content) ?? (await this.publish(promptId, content, lineage));
    }, promptId);
  }

  private sameAs(promptId: string, content: PromptContent): string | undefined {
    const digest = contentDigest(content);
    return this.list(promptId).find((v) => contentDigest(v.content) === digest)?.version;
  }

  private async publish(promptId: string, content: PromptContent, lineage: ArtifactLineage): Promise<string> {
    const name = PROMPT_POINT + promptId;
    const known = this.list(promptId);
    const change = known[0] && variableChange(known[0].content, content);
    if (known[0] && change)
      throw new LearningError("PROMPT_INVALID", {
        received: `a version of ${promptId} ${change}`,
        expected: `the variables ${known[0].variables.join(", ") || "(none)"}`,
        remedy: "Keep the variables of a prompt the same over its versions, or register it under another id.",
      });
    const parent = known.length > 0 ? this.serving(promptId)?.version : undefined;
    const { version } = await this.registry.publish(name, "prompt", content, { ...(parent && { parent }), ...lineage });
    this.hold(promptId, version, content);
    const isFirst = this.registry.versions(name)[0]?.version === version;
    if (isFirst) await this.registry.promote(name, version, "the first version");
    return version;
  }

  /** The versions of a prompt, oldest first. */
  list(promptId: string): PromptVersion[] {
    const name = PROMPT_POINT + promptId;
    if (!this.registry.names().includes(name)) return [];
    // What `get` serves, not what the registry says: after a roll-back of the first version it is still that one.
    const served = this.serving(promptId)?.version;
    return this.registry.versions(name).flatMap(({ version, createdAt, lineage }) => {
      const content = this.get(promptId, version)?.content;
      return content
        ? [{ version, createdAt, content, variables: variablesOf(content), lineage, serving: version === served }]
        : [];
    });
  }

  private hold(promptId: string, version: string, content: PromptContent): void {
    const own = this.held.get(promptId) ?? new Map<string, HeldPrompt>();
    this.held.set(promptId, own.set(version, { version, content, template: templateOf(content) }));
  }
}

function checkId(promptId: string): void {
  if (/^[\w.-]{1,80}$/.test(promptId)) return;
  throw new LearningError("PROMPT_INVALID", {
    received: `the prompt id ${show(promptId)}`,
    expected: "1 to 80 letters, digits, dots, dashes or underscores",
    remedy: "Choose a plain id such as support.system.",
  });
}
