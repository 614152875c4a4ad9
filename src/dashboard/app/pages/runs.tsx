import { useEffect, useRef, useState } from "preact/hooks";
import type { RunPage as Page, RunRow } from "../../data/run-row.js";
import { get, useData } from "../api.js";
import { count, duration, figure, moment, money } from "../format.js";
import { Await, Badge, Empty, Table, toneOf } from "../parts/basics.js";
import { type PageProps, to } from "../route.js";

const FILTERS = [
  "type",
  "status",
  "point",
  "destination",
  "version",
  "text",
  "minReward",
  "maxReward",
  "from",
  "to",
  "edge",
  "failed",
] as const;
const LABELS: Record<(typeof FILTERS)[number], string> = {
  type: "Type",
  status: "Status",
  point: "Decision point",
  destination: "Destination",
  version: "Version",
  text: "Text in tags",
  minReward: "Reward from",
  maxReward: "Reward to",
  from: "From",
  to: "To",
  edge: "Edge taken",
  failed: "Failed in",
};

const HINTS: Partial<Record<(typeof FILTERS)[number], string>> = {
  minReward: "0 to 1",
  maxReward: "0 to 1",
  from: "2026-01-31",
  to: "2026-01-31",
  edge: "FROM>TO",
};

/** Runs that make a page; a search that found as many waits to be told to go on. */
const A_PAGE = 50;

/** All runs, the newest first, narrowed by what the address says. */
export function RunsPage({ params }: PageProps) {
  const filter = Object.fromEntries(FILTERS.flatMap((f) => (params[f] ? [[f, params[f]]] : [])));
  const key = JSON.stringify(filter);
  const page = useData<Page>("runs", filter, ["runs"]);
  const [more, setMore] = useState<Page[]>([]);
  const latest = useRef(key);
  latest.current = key;
  const [problem, setProblem] = useState<string>();
  const [chosen, setChosen] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const [stopped, setStopped] = useState(false);
  /** The page at which a person last asked for more. */
  const [since, setSince] = useState(0);
  useEffect(() => {
    setMore([]);
    setStopped(false);
    setSince(0);
  }, [key]);
  const last = more.at(-1) ?? page.data;
  const pages = page.data ? [page.data, ...more] : [];
  const found = pages.slice(since).reduce((n, p) => n + p.runs.length, 0);
  // Looking goes on by itself until there is a page to show, or a person stops it.
  const searching = !!last?.cursor && !last.complete && found < A_PAGE && !stopped && !problem;
  useEffect(() => {
    if (searching && !busy) void goOn();
  }, [searching, busy]);
  const goOn = async () => {
    if (!last?.cursor || busy) return;
    const asked = key;
    setBusy(true);
    setProblem(undefined);
    try {
      const next = await get<Page>("runs", { ...filter, cursor: last.cursor });
      // The list may be of something else by now.
      if (latest.current === asked) setMore((m) => [...m, next]);
    } catch (e) {
      setProblem((e as Error).message);
    }
    setBusy(false);
  };
  const toggle = (id: string) => setChosen((c) => (c.includes(id) ? c.filter((x) => x !== id) : [...c.slice(-1), id]));
  return (
    <>
      <h1 tabIndex={-1}>Runs</h1>
      <p class="lead">Every run that was captured, the newest first. Choose two to compare them.</p>
      <Filters key={key} filter={filter} />
      <Await of={page}>
        {(first) => {
          const rows = [...first.runs, ...more.flatMap((m) => m.runs)];
          const unique = [...new Map(rows.map((r) => [r.workflowId, r])).values()];
          return (
            <section class="section">
              {chosen.length === 2 && (
                <p>
                  <a href={to("compare", { a: chosen[0], b: chosen[1] })}>Compare the two chosen runs</a>
                </p>
              )}
              {unique.length === 0 ? (
                <Empty>{searching ? "Looking …" : last?.cursor ? "None so far." : "No run fits."}</Empty>
              ) : (
                <Table
                  label="Runs"
                  phone="runs"
                  head={
                    <>
                      <th>
                        <span class="wide">Compare</span>
                      </th>
                      <th>Run</th>
                      <th>Status</th>
                      <th class="n">Reward</th>
                      <th>Went to</th>
                      <th class="n">Time</th>
                      <th class="n">Tokens</th>
                      <th class="n">Cost</th>
                      <th>Began</th>
                    </>
                  }
                >
                  {unique.map((r) => (
                    <Row
                      key={r.workflowId}
                      row={r}
                      chosen={chosen.includes(r.workflowId)}
                      onChoose={() => toggle(r.workflowId)}
                    />
                  ))}
                </Table>
              )}
              {problem && (
                <p class="problem" role="alert">
                  {problem}
                </p>
              )}
              {searching && (
                <p>
                  <span role="status">
                    {count(pages.reduce((n, p) => n + p.scanned, 0))} looked at, back to {moment(last?.until)}.
                  </span>{" "}
                  <button type="button" onClick={() => setStopped(true)}>
                    Stop
                  </button>
                </p>
              )}
              {last?.cursor && !searching && (
                <p>
                  <button
                    type="button"
                    onClick={() => {
                      setStopped(false);
                      setSince(pages.length);
                      void goOn();
                    }}
                    disabled={busy}
                  >
                    {last.complete ? "Show more" : `Search further back than ${moment(last.until)}`}
                  </button>
                </p>
              )}
            </section>
          );
        }}
      </Await>
    </>
  );
}

function Row({ row: r, chosen, onChoose }: { row: RunRow; chosen: boolean; onChoose: () => void }) {
  return (
    <tr>
      <td>
        <input type="checkbox" aria-label={`Compare ${r.workflowId}`} checked={chosen} onChange={onChoose} />
      </td>
      <td class="id">
        <a href={to("run", { id: r.workflowId })}>{r.workflowId}</a>
        <div class="small quiet">{[r.type, ...r.tags].join(" · ")}</div>
      </td>
      <td>
        <Badge tone={toneOf(r.status)}>{r.status}</Badge>
      </td>
      <td class="n">{r.reward === undefined ? <span class="quiet">not judged</span> : figure(r.reward)}</td>
      <td>
        {r.decisions.map((d, i) => (
          <div key={i} class="nowrap">
            {d.chosen} <span class="small quiet">{d.version ?? "fallback"}</span>
          </div>
        ))}
      </td>
      <td class="n">{duration(r.durationMs)}</td>
      <td class="n">{r.tokens === undefined ? "–" : count(r.tokens)}</td>
      <td class="n">{r.costUsd === undefined ? "–" : money(r.costUsd)}</td>
      <td class="nowrap">{moment(r.startedAt)}</td>
    </tr>
  );
}

function Filters({ filter }: { filter: Record<string, string> }) {
  const [values, setValues] = useState(filter);
  const [all, setAll] = useState(Object.keys(filter).some((f) => !["type", "status", "text"].includes(f)));
  const set = (name: string) => (e: Event) =>
    setValues((v) => ({ ...v, [name]: (e.target as HTMLInputElement).value }));
  const apply = (e: Event) => {
    e.preventDefault();
    location.hash = to("runs", values);
  };
  const field = (name: (typeof FILTERS)[number]) => (
    <label key={name}>
      {LABELS[name]}
      {name === "status" ? (
        <select value={values[name] ?? ""} onChange={set(name)}>
          {["", "success", "error", "interrupted", "cancelled"].map((s) => (
            <option key={s} value={s}>
              {s || "any"}
            </option>
          ))}
        </select>
      ) : (
        <input
          inputMode={name.endsWith("Reward") ? "decimal" : "text"}
          placeholder={HINTS[name] ?? ""}
          value={values[name] ?? ""}
          onInput={set(name)}
        />
      )}
    </label>
  );
  return (
    <form class="filters" onSubmit={apply} aria-label="Narrow the list">
      {(all ? FILTERS : (["type", "status", "text"] as const)).map(field)}
      <button type="submit" class="primary">
        Show
      </button>
      {!all && (
        <button type="button" onClick={() => setAll(true)}>
          More filters
        </button>
      )}
      {Object.keys(filter).length > 0 && <a href={to("runs")}>Clear</a>}
    </form>
  );
}
