import { END, START } from "@langchain/langgraph";
import { checkEach } from "../core/arguments.js";
import { escapeMermaid } from "../core/escape.js";
import { LearningError } from "../core/index.js";
import type { DecisionRow } from "../dataset/index.js";
import { type BuilderLike, builderOf } from "./graph-shape.js";
import { learnedMark } from "./learned.js";

/** What is known of one learned edge. */
export interface EdgeStatistics {
  decisionPoint: string;
  destination: string;
  /** Decisions that took it, and their share of the decision point's. */
  decisions: number;
  share: number;
  /** Mean reward of those that were rated. */
  meanReward?: number;
  /** Mean probability the serving policy gave it, over the decisions it acted in. */
  preference?: number;
}

/** What is read of a row. */
const ROW = { decisionPoint: "text", candidates: "list", chosen: "text" } as const;

/**
 * Traffic, reward and learned preference of every edge that decisions tell of.
 * @example const [edge] = edgeStatistics(rows);
 */
export function edgeStatistics(
  rows: readonly Pick<DecisionRow, "decisionPoint" | "candidates" | "chosen" | "mode" | "probabilities" | "reward">[],
): EdgeStatistics[] {
  checkEach(rows, "rows", "a row", ROW, "ROUTER_INVALID");
  const points = new Map<string, number>();
  const edges = new Map<string, Tally & { decisionPoint: string; destination: string }>();
  for (const row of rows) {
    points.set(row.decisionPoint, (points.get(row.decisionPoint) ?? 0) + 1);
    row.candidates.forEach((destination, i) => {
      const key = JSON.stringify([row.decisionPoint, destination]);
      const edge = edges.get(key) ?? { decisionPoint: row.decisionPoint, destination, ...emptyTally() };
      edges.set(key, edge);
      if (row.mode === "act" && row.probabilities) {
        edge.acted++;
        edge.probability += row.probabilities[i] ?? 0;
      }
      if (row.chosen !== destination) return;
      edge.decisions++;
      if (row.reward === undefined) return;
      edge.rated++;
      edge.reward += row.reward;
    });
  }
  return [...edges.values()].map(({ decisionPoint, destination, decisions, rated, reward, acted, probability }) => ({
    decisionPoint,
    destination,
    decisions,
    share: decisions / (points.get(decisionPoint) as number),
    ...(rated > 0 && { meanReward: reward / rated }),
    ...(acted > 0 && { preference: probability / acted }),
  }));
}

interface Tally {
  decisions: number;
  rated: number;
  reward: number;
  acted: number;
  probability: number;
}

const emptyTally = (): Tally => ({ decisions: 0, rated: 0, reward: 0, acted: 0, probability: 0 });

/**
 * A Mermaid flowchart of a compiled graph: learned edges carry their share of the traffic, mean reward
 * and learned preference, and are drawn the thicker the more the policy prefers them (or, before it acts,
 * the more they are used); ordinary conditional edges are dotted.
 * @throws ROUTER_INVALID for anything but a compiled StateGraph
 * @example const chart = renderPolicyMermaid(graph, edgeStatistics(rows)); // "flowchart TD ..."
 */
export function renderPolicyMermaid(graph: unknown, statistics: readonly EdgeStatistics[]): string {
  const builder = builderOf(graph);
  if (!builder)
    throw new LearningError("ROUTER_INVALID", {
      received: "something without a graph builder",
      expected: "a compiled StateGraph",
      remedy: "Pass the result of compile().",
    });
  const names = [START, ...Object.keys(builder.nodes), END];
  const id = (name: string) => `n${names.indexOf(name)}`;
  const lines = ["flowchart TD", ...names.map((name) => `  ${id(name)}${boxOf(name)}`)];
  const styles: string[] = [];
  edgesOf(builder).forEach(({ from, to, label, learned, conditional }, i) => {
    const known = learned && statistics.find((s) => s.decisionPoint === learned && s.destination === label);
    const arrow = conditional && !learned ? "-.->" : "-->";
    lines.push(`  ${id(from)} ${arrow}${known ? `|"${words(known)}"|` : ""} ${id(to)}`);
    if (known) styles.push(`  linkStyle ${i} stroke-width:${widthOf(known)}px`);
  });
  return [...lines, ...styles].join("\n");
}

interface DrawnEdge {
  from: string;
  to: string;
  /** The router's name for the destination. */
  label: string;
  conditional: boolean;
  /** Name of the decision point. */
  learned?: string;
  /** The code did not say where it may go: to any node, as far as is known. */
  anywhere?: boolean;
}

/** A graph as its code declares it. */
export interface DeclaredShape {
  nodes: string[];
  edges: { from: string; to: string; kind: "static" | "conditional" }[];
}

/** The nodes and edges that a compiled graph declares; undefined for anything else. */
export function declaredShape(graph: unknown): DeclaredShape | undefined {
  const builder = builderOf(graph);
  if (!builder) return undefined;
  const edges = edgesOf(builder)
    .filter((e) => !e.anywhere)
    .map(({ from, to, conditional }) => ({
      from,
      to,
      kind: conditional ? ("conditional" as const) : ("static" as const),
    }));
  return { nodes: Object.keys(builder.nodes), edges };
}

function edgesOf(builder: BuilderLike): DrawnEdge[] {
  const edges: DrawnEdge[] = [];
  for (const [from, to] of builder.edges) edges.push({ from, to, label: to, conditional: false });
  for (const [sources, to] of builder.waitingEdges ?? [])
    for (const from of sources) edges.push({ from, to, label: to, conditional: false });
  for (const [from, branches] of Object.entries(builder.branches))
    for (const { path, ends } of Object.values(branches)) {
      const mark = learnedMark(path);
      const all = ends ?? Object.fromEntries((mark?.destinations ?? Object.keys(builder.nodes)).map((n) => [n, n]));
      for (const [label, to] of Object.entries(all))
        edges.push({
          ...{ from, to, label, conditional: true, learned: mark?.decisionPoint },
          ...(!ends && !mark && { anywhere: true }),
        });
    }
  for (const [from, node] of Object.entries(builder.nodes)) {
    const mark = learnedMark(node.runnable);
    const ends = mark?.kind === "command" ? mark.destinations : (node.ends ?? []);
    const learned = mark?.kind === "command" ? mark.decisionPoint : undefined;
    for (const to of ends) edges.push({ from, to, label: to, conditional: true, learned });
  }
  return edges;
}

function boxOf(name: string): string {
  if (name === START) return '(["start"])';
  if (name === END) return '(["end"])';
  return `["${escapeMermaid(name)}"]`;
}

function words({ decisions, share, meanReward, preference }: EdgeStatistics): string {
  const parts = [`${Math.round(share * 100)} % of traffic (${decisions})`];
  if (meanReward !== undefined) parts.push(`reward ${meanReward.toFixed(2)}`);
  if (preference !== undefined) parts.push(`preference ${preference.toFixed(2)}`);
  return parts.join("<br/>");
}

function widthOf({ preference, share }: EdgeStatistics): number {
  return 1 + Math.round(5 * (preference ?? share));
}
