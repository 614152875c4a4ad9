import { Graph, layout } from "@dagrejs/dagre";
import type { GraphView } from "../../data/graph.js";
import { duration, figure, percent } from "../format.js";
import { to } from "../route.js";

const NODE = { height: 44, perLetter: 7.4, padding: 26, least: 76 };
const LABEL = { height: 30, width: 92 };
const SAID: Record<string, string> = { __start__: "start", __end__: "end" };

/** A node as people call it. */
export const nameOf = (name: string) => SAID[name.split("/").at(-1) ?? name] ?? name;

/** Start and end are no nodes of anybody's. */
const isOutside = (name: string) => (SAID[name.split("/").at(-1) ?? name] ?? "") !== "";

/** The graph as SVG: laid out by dagre, edges as thick as their traffic, each a link to its runs; dashed: never taken. */
export function Drawing({ view }: { view: GraphView }) {
  const g = new Graph();
  g.setGraph({ rankdir: "TB", nodesep: 34, ranksep: 44, edgesep: 22, marginx: 8, marginy: 8 });
  g.setDefaultEdgeLabel(() => ({}));
  for (const n of view.nodes) {
    const width = Math.max(NODE.least, nameOf(n.name).length * NODE.perLetter + NODE.padding);
    g.setNode(n.name, { width, height: n.executions > 0 ? NODE.height : 28 });
  }
  for (const e of view.edges) g.setEdge(e.from, e.to, { width: LABEL.width, height: LABEL.height, labelpos: "c" });
  layout(g);
  const { width = 100, height = 100 } = g.graph();
  const most = Math.max(1, ...view.edges.map((e) => e.taken));
  const learned = new Set(Object.values(view.learned).flat());
  return (
    <section class="drawing" tabIndex={0} aria-label="Drawing of the graph">
      <svg
        width={width}
        height={height}
        viewBox={`0 0 ${width} ${height}`}
        role="group"
        aria-label={`${view.nodes.length} nodes, ${view.edges.length} edges`}
      >
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="13"
            markerHeight="13"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0,0 L8,4 L0,8 z" />
          </marker>
        </defs>
        {view.edges.map((e) => {
          const laid = g.edge({ v: e.from, w: e.to }) as { points: { x: number; y: number }[]; x?: number; y?: number };
          const path = laid.points.map((p, i) => `${i === 0 ? "M" : "L"}${p.x.toFixed(1)},${p.y.toFixed(1)}`).join(" ");
          const [from, dest] = [nameOf(e.from), nameOf(e.to)];
          const reward = e.meanReward === undefined ? "" : `, reward ${figure(e.meanReward)}`;
          const failed = e.failedRuns > 0 ? `, ${percent(e.failedRuns / e.runs)} failed` : "";
          return (
            <a
              key={`${e.from} ${e.to}`}
              href={to("runs", { type: view.type, edge: `${e.from.split("/").at(-1)}>${e.to.split("/").at(-1)}` })}
            >
              <g
                class={`edge ${e.kind !== "static" && learned.has(e.to) ? "learned" : ""} ${e.taken === 0 ? "never" : ""}`}
              >
                <title>
                  {e.taken === 0
                    ? `${from} to ${dest}: never taken`
                    : `${from} to ${dest}: taken ${e.taken} times${reward}${failed}`}
                </title>
                <path d={path} style={{ strokeWidth: 1 + (5 * e.taken) / most }} marker-end="url(#arrow)" />
                {e.taken > 0 && laid.x !== undefined && laid.y !== undefined && (
                  <Label
                    x={laid.x}
                    y={laid.y}
                    count={String(e.taken)}
                    note={[
                      e.meanReward !== undefined && figure(e.meanReward),
                      e.failedRuns > 0 && `${percent(e.failedRuns / e.runs)} failed`,
                    ]
                      .filter(Boolean)
                      .join(" · ")}
                  />
                )}
              </g>
            </a>
          );
        })}
        {view.nodes.map((n) => {
          const at = g.node(n.name) as { x: number; y: number; width: number; height: number };
          return (
            <g
              key={n.name}
              class={`node ${isOutside(n.name) ? "end" : n.executions === 0 ? "never" : ""} ${n.failures > 0 ? "failing" : ""}`}
            >
              <title>
                {n.executions === 0
                  ? nameOf(n.name)
                  : `${nameOf(n.name)}: ${n.executions} times, ${duration(n.meanMs)} on average, ${n.failures} failures`}
              </title>
              <rect x={at.x - at.width / 2} y={at.y - at.height / 2} width={at.width} height={at.height} rx={8} />
              <text x={at.x} y={n.executions > 0 ? at.y - 3 : at.y + 4} text-anchor="middle">
                {nameOf(n.name)}
              </text>
              {n.executions > 0 && (
                <text class="sub" x={at.x} y={at.y + 13} text-anchor="middle">
                  {duration(n.meanMs)}
                  {n.failures > 0 ? ` · ${n.failures} failed` : ""}
                </text>
              )}
            </g>
          );
        })}
      </svg>
    </section>
  );
}

/** What an edge carries, on a plate that keeps the line off the letters. */
function Label({ x, y, count, note }: { x: number; y: number; count: string; note: string }) {
  const width = Math.max(count.length * 8, note.length * 6.2) + 10;
  return (
    <>
      <rect class="plate" x={x - width / 2} y={y - 15} width={width} height={note ? 32 : 18} rx={4} />
      <text x={x} y={y - 1} text-anchor="middle">
        {count}
      </text>
      <text class="sub" x={x} y={y + 13} text-anchor="middle">
        {note}
      </text>
    </>
  );
}
