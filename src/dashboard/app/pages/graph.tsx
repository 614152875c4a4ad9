import type { GraphView } from "../../data/graph.js";
import { useData } from "../api.js";
import { changeWord, duration, figure, moment, percent, plural } from "../format.js";
import { Await, Badge, Empty, Section, Table } from "../parts/basics.js";
import { Drawing, nameOf } from "../parts/drawing.js";
import { type PageProps, to } from "../route.js";

/** The graph as it was run, with traffic, time, failure and reward; before and after a promotion. */
export function GraphPage({ params }: PageProps) {
  const { type, split, from } = params;
  const view = useData<GraphView>("graph", { type, from: from ?? split }, split ? [] : ["runs"]);
  return (
    <>
      <h1 tabIndex={-1}>Graph</h1>
      <Await of={view}>
        {(g) => (
          <>
            <p class="lead">
              {g.runs === 0
                ? "No run fits."
                : `${plural(g.runs, "run")} of ${g.type}, ${moment(g.from)} to ${moment(g.to)}${g.sampled ? "; older ones are left out" : ""}. Thick edges carry more traffic, dashed ones none. Choose an edge for its runs.`}
            </p>
            <Choice view={g} params={params} />
            {split ? (
              <div class="two">
                <Before type={g.type} split={split} />
                <Half title="After" view={g} />
              </div>
            ) : (
              <Half title={g.type ?? "Graph"} view={g} table />
            )}
          </>
        )}
      </Await>
    </>
  );
}

function Choice({ view: g, params }: { view: GraphView; params: Record<string, string> }) {
  const go = (name: string) => (e: Event) => {
    location.hash = to("graph", { ...params, [name]: (e.target as HTMLSelectElement).value });
  };
  return (
    <div class="filters">
      <label>
        Type of run
        <select value={g.type} onChange={go("type")}>
          {g.types.map((t) => (
            <option key={t} value={t}>
              {t}
            </option>
          ))}
        </select>
      </label>
      {g.changes.length > 0 && (
        <label>
          Before and after
          <select value={params["split"] ?? ""} onChange={go("split")}>
            <option value="">all together</option>
            {g.changes.map((c) => (
              <option key={`${c.at} ${c.name}`} value={c.at}>
                {c.name.replace(/^policy\//, "")} {changeWord(c.action)} {c.version ?? "the fallback"}, {moment(c.at)}
              </option>
            ))}
          </select>
        </label>
      )}
    </div>
  );
}

function Before({ type, split }: { type: string | undefined; split: string }) {
  const view = useData<GraphView>("graph", { type, to: split });
  return <Await of={view}>{(g) => <Half title="Before" view={g} />}</Await>;
}

function Half({ title, view: g, table = false }: { title: string; view: GraphView; table?: boolean }) {
  if (g.nodes.length === 0)
    return (
      <Section title={title}>
        <Empty>No run was captured in this time.</Empty>
      </Section>
    );
  return (
    <>
      <Section title={title} aside={<span class="quiet">{plural(g.runs, "run")}</span>}>
        <Drawing view={g} />
      </Section>
      {table && <Tables view={g} />}
    </>
  );
}

function Tables({ view: g }: { view: GraphView }) {
  return (
    <div class="grid">
      <Section title="Edges">
        <Table
          label="Edges"
          head={
            <>
              <th>Edge</th>
              <th class="n">Taken</th>
              <th class="n">Failed</th>
              <th class="n">Reward</th>
            </>
          }
        >
          {[...g.edges]
            .sort((a, b) => b.taken - a.taken)
            .map((e) => (
              <tr key={`${e.from} ${e.to}`}>
                <td>
                  <a href={to("runs", { type: g.type, edge: `${e.from.split("/").at(-1)}>${e.to.split("/").at(-1)}` })}>
                    {nameOf(e.from)} → {nameOf(e.to)}
                  </a>
                </td>
                <td class="n">{e.taken}</td>
                <td class="n">{e.runs > 0 ? percent(e.failedRuns / e.runs, 1) : "–"}</td>
                <td class="n">{figure(e.meanReward)}</td>
              </tr>
            ))}
        </Table>
      </Section>
      <Section title="Nodes">
        <Table
          label="Nodes"
          head={
            <>
              <th>Node</th>
              <th class="n">Runs</th>
              <th class="n">Time</th>
              <th class="n">Failed</th>
              <th class="n">Reward</th>
            </>
          }
        >
          {g.nodes
            .filter((n) => n.executions > 0)
            .map((n) => (
              <tr key={n.name}>
                <td>
                  {n.name}{" "}
                  {n.failures > 0 && (
                    <a href={to("runs", { type: g.type, failed: n.name.split("/").at(-1) })}>
                      <Badge tone="bad">failures</Badge>
                    </a>
                  )}
                </td>
                <td class="n">{n.executions}</td>
                <td class="n">{duration(n.meanMs)}</td>
                <td class="n">{percent(n.failures / n.executions, 1)}</td>
                <td class="n">{figure(n.meanReward)}</td>
              </tr>
            ))}
        </Table>
      </Section>
    </div>
  );
}
