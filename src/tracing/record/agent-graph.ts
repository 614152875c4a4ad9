/** The nodes of LangGraph's `createReactAgent`. */
const REACT_AGENT: ReadonlySet<string> = new Set([
  "__start__",
  "agent",
  "tools",
  "pre_model_hook",
  "post_model_hook",
  "generate_structured_response",
]);

/** The node in which an agent of langchain's `createAgent` asks its model. */
export const MODEL_NODE = "model_request";

/** Whether nodes with these names are those of an agent: made by `createAgent` or `createReactAgent`. */
export function isAgentGraph(names: readonly string[]): boolean {
  if (names.includes(MODEL_NODE)) return true;
  return names.includes("agent") && names.every((name) => REACT_AGENT.has(name));
}
