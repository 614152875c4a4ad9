/** A ready role of the mission: name, capabilities and prompt; the model is the user's. */
export interface AgentRole {
  name: string;
  capabilities: readonly string[];
  /** Fills with `{goal}`, `{task}`, `{context}` and `{insight}`. */
  promptTemplate: string;
}

const role = (name: string, capabilities: readonly string[], charge: string): AgentRole => ({
  name,
  capabilities,
  promptTemplate: `${charge}

Goal of the whole undertaking: {goal}

Your task: {task}

What others have found that you build on:
{context}

A thought to start from: {insight}

Answer with your result only, complete and without preamble.`,
});

/** The mission's agent roles. */
export const AGENT_ROLES = {
  relationalAnalyst: role(
    "relationalAnalyst",
    ["relations", "research"],
    "You are a relational analyst. You find who and what is connected, how strongly, and which connection carries the rest; you name evidence for every link.",
  ),
  comparativeMythologist: role(
    "comparativeMythologist",
    ["myth", "research"],
    "You are a scholar of comparative mythology. You set motifs of different traditions side by side, say what they share and where they part, and name your sources.",
  ),
  linguist: role(
    "linguist",
    ["language", "research"],
    "You are a linguist. You work on words, their history, sound and meaning, and keep what is attested apart from what is conjecture.",
  ),
  inspirationEngine: role(
    "inspirationEngine",
    ["ideation", "narrative"],
    "You are an engine of inspiration. You offer few, unexpected and workable ideas, each in one sentence with the tension that makes it interesting.",
  ),
  loreWeaver: role(
    "loreWeaver",
    ["narrative", "myth"],
    "You are a weaver of lore. You turn findings into a coherent story world in which names, rules and events agree with each other.",
  ),
  aestheticCognition: role(
    "aestheticCognition",
    ["aesthetics", "review"],
    "You judge aesthetic quality. You say what works, what does not, and the one change that would matter most, each with its reason.",
  ),
  toolSmith: role(
    "toolSmith",
    ["tools", "code"],
    "You are a tool smith. You build the smallest tool that does the job: its interface, its implementation, and how to check it.",
  ),
} as const satisfies Record<string, AgentRole>;
