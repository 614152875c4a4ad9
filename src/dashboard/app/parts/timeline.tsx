import type { Trace } from "../../../core/index.js";
import { count, duration, money } from "../format.js";

interface Line {
  key: string;
  kind: "node" | "call";
  depth: number;
  what: string;
  note: string;
  at: number;
  ms: number;
  failed: boolean;
}

/** What happened when: nodes with their subgraphs and retries, model and tool calls below them. */
export function Timeline({ trace }: { trace: Trace }) {
  const lines = linesOf(trace);
  const begin = Math.min(...lines.map((l) => l.at));
  const span = Math.max(1, ...lines.map((l) => l.at + l.ms - begin));
  if (lines.length === 0) return <p class="empty">No step was recorded.</p>;
  return (
    <ol class="timeline">
      {lines.map((l) => (
        <li key={l.key} class={`${l.kind} ${l.failed ? "error" : ""}`}>
          <span class="what" style={{ paddingLeft: `${l.depth * 14}px` }}>
            {l.what}
            {l.note && <span class="small quiet"> {l.note}</span>}
          </span>
          <span class="bar" aria-hidden="true">
            <span
              style={{
                left: `${(100 * (l.at - begin)) / span}%`,
                width: `${Math.min(100 - (100 * (l.at - begin)) / span, (100 * l.ms) / span)}%`,
              }}
            />
          </span>
          <span class="n">{duration(l.ms)}</span>
        </li>
      ))}
    </ol>
  );
}

/** What the provider did not tell is not 0. */
const tokens = (n: number | undefined) => (n === undefined ? "?" : count(n));

function linesOf(trace: Trace): Line[] {
  const nodes = trace.nodes.map(
    (n): Line => ({
      key: `${n.taskId} ${n.attempt} ${n.startedAt}`,
      kind: "node",
      depth: n.path.length,
      what: n.name,
      note: [n.attempt > 1 && `try ${n.attempt}`, n.status !== "success" && n.status, n.error?.message]
        .filter(Boolean)
        .join(", "),
      at: Date.parse(n.startedAt),
      ms: n.durationMs,
      failed: n.status === "error",
    }),
  );
  const calls = [
    ...trace.modelCalls.map(
      (c, i): Line => ({
        key: `model ${i}`,
        kind: "call",
        depth: c.path.length + 1,
        what: c.model ?? c.provider ?? "model",
        note: [
          c.fromCache
            ? "from the cache"
            : (c.tokensIn !== undefined || c.tokensOut !== undefined) &&
              `${tokens(c.tokensIn)} in, ${tokens(c.tokensOut)} out`,
          c.costUsd !== undefined && money(c.costUsd),
          c.timeToFirstTokenMs !== undefined && `first token ${duration(c.timeToFirstTokenMs)}`,
          c.error?.message,
        ]
          .filter(Boolean)
          .join(", "),
        at: Date.parse(c.startedAt),
        ms: c.durationMs,
        failed: c.error !== undefined,
      }),
    ),
    ...trace.toolCalls.map(
      (c, i): Line => ({
        key: `tool ${i}`,
        kind: "call",
        depth: c.path.length + 1,
        what: `tool ${c.name}`,
        note: c.error?.message ?? "",
        at: Date.parse(c.startedAt),
        ms: c.durationMs,
        failed: c.error !== undefined,
      }),
    ),
  ];
  return [...nodes, ...calls].sort((a, b) => a.at - b.at || a.depth - b.depth);
}
