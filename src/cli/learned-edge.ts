import { LearningError } from "../core/index.js";

/** A graph file whose conditional edge is learned. */
export interface LearnedEdge {
  text: string;
  node: string;
  destinations: string[];
}

const PACKAGE = "langgraph-collective-learning";

/**
 * Puts `loop.router` around the function of a conditional edge, and opens a loop below the imports. The function
 * stays as the fallback.
 * @param text of a file that builds a graph
 * @param options.node whose edge; the only one, when left out
 * @throws CLI_USAGE where there is none, more than one, or it is learned already
 */
export function learnedEdge(text: string, options: { node?: string; dir: string }): LearnedEdge {
  const edges = conditionalEdges(text).filter((e) => options.node === undefined || e.node === options.node);
  const [edge, other] = edges;
  if (!edge)
    throw refuse(
      `no .addConditionalEdges("${options.node ?? "NODE"}", FUNCTION, DESTINATIONS)`,
      "a conditional edge with a list or a map of destinations",
      "Give the edge its destinations as a third argument: what is not named cannot be learned.",
    );
  if (other)
    throw refuse(
      `conditional edges from ${edges.map((e) => e.node).join(", ")}`,
      "one of them",
      "Name the node with --node.",
    );
  if (/\bloop\.router\(/.test(edge.route))
    throw refuse(`the edge from ${edge.node}, which is learned`, "an edge that is not", "Nothing is left to do.");
  const fallback = /^[\w$.]+$/.test(edge.route) ? `(state) => ${edge.route}(state)` : edge.route;
  const router = [
    "loop.router({",
    `      decisionPoint: ${JSON.stringify(edge.node)},`,
    `      destinations: ${JSON.stringify(edge.destinations)},`,
    "      // What may matter for the choice: numbers, flags, words and texts of the state.",
    "      context: (state) => ({}),",
    `      fallback: ${fallback},`,
    "      exploration: 0.05,",
    "    })",
  ].join("\n");
  const before = text.slice(0, edge.at);
  const after = text.slice(edge.at + edge.route.length);
  return {
    text: withLoop(`${before}${router}${after}`, options.dir),
    node: edge.node,
    destinations: edge.destinations,
  };
}

interface FoundEdge {
  node: string;
  /** The function's text and where it begins. */
  route: string;
  at: number;
  destinations: string[];
}

function conditionalEdges(text: string): FoundEdge[] {
  const found: FoundEdge[] = [];
  for (const match of text.matchAll(/\.addConditionalEdges\(/g)) {
    const [source, route, map] = argumentsAt(text, match.index + match[0].length);
    const node = /^(["'`])(.+)\1$/.exec(source?.text ?? "")?.[2];
    const destinations = destinationsIn(map?.text ?? "");
    if (node === undefined || !route || destinations.length === 0) continue;
    found.push({ node, route: route.text, at: route.at, destinations });
  }
  return found;
}

/** Names in a list, or the keys of a map, which are what the function returns. */
function destinationsIn(text: string): string[] {
  if (text.startsWith("[")) return [...text.matchAll(/["'`]([^"'`]+)["'`]/g)].map((m) => m[1] ?? "");
  if (!text.startsWith("{")) return [];
  return [...text.matchAll(/(?:^\{|,)\s*(?:["'`]([^"'`]+)["'`]|([\w$]+))\s*:/g)].map((m) => m[1] ?? m[2] ?? "");
}

/** The arguments of a call that opens before `from`, split at commas outside of brackets, quotes and comments. */
function argumentsAt(text: string, from: number): { text: string; at: number }[] {
  const parts: { text: string; at: number }[] = [];
  let depth = 0;
  let start = from;
  const push = (end: number) => {
    const raw = text.slice(start, end);
    const trimmed = raw.trim();
    if (trimmed !== "") parts.push({ text: trimmed, at: start + raw.indexOf(trimmed) });
    start = end + 1;
  };
  for (let i = from; i < text.length; i++) {
    const c = text[i] ?? "";
    if (c === '"' || c === "'" || c === "`") {
      while (++i < text.length && text[i] !== c) if (text[i] === "\\") i++;
    } else if (text.startsWith("//", i)) i = Math.max(i, text.indexOf("\n", i));
    else if (text.startsWith("/*", i)) i = Math.max(i, text.indexOf("*/", i) + 1);
    else if ("([{".includes(c)) depth++;
    else if (c === ")" && depth === 0) {
      push(i);
      break;
    } else if (")]}".includes(c)) depth--;
    else if (c === "," && depth === 0) push(i);
  }
  return parts;
}

/** The import and the opened loop, below the imports that are there. */
function withLoop(text: string, dir: string): string {
  if (text.includes(`from "${PACKAGE}"`)) return text;
  const imports = [...text.matchAll(/^import\s[\s\S]*?from\s+["'][^"']+["'];?[^\S\n]*$/gm)];
  const last = imports.at(-1);
  const at = last ? last.index + last[0].length : 0;
  const added = `import { CollectiveLearningLoop } from "${PACKAGE}";\n\nexport const loop = await CollectiveLearningLoop.open({ storagePath: ${JSON.stringify(dir)} });\n`;
  return `${text.slice(0, at)}${last ? "\n" : ""}${added}${text.slice(at)}`;
}

function refuse(received: string, expected: string, remedy: string): LearningError {
  return new LearningError("CLI_USAGE", { received, expected, remedy });
}
