import type { PatternsView } from "../../data/patterns.js";
import { useData } from "../api.js";
import { figure, moment, percent, plural, signed } from "../format.js";
import { Await, Badge, Bars, Empty, Section, Table } from "../parts/basics.js";
import { type PageProps, to } from "../route.js";

/** What distinguishes runs that go well. */
export function PatternsPage(_: PageProps) {
  const view = useData<PatternsView>("patterns", {}, ["cycle"]);
  return (
    <>
      <h1 tabIndex={-1}>Patterns</h1>
      <Await of={view}>
        {({ report: r, createdAt }) =>
          r ? (
            <>
              <p class="lead">
                {plural(r.patternsTested, "pattern")} tested together in {plural(r.runs, "run")},{" "}
                {plural(r.ratedRuns, "rated one")}, on {moment(createdAt)}.{" "}
                {r.rewardBasis === "success" && "Too few runs were judged: 1 stands for success, 0 for failure."}
              </p>
              <Found title="Go with better runs" report={r} verdict="better" />
              <Found title="Go with worse runs" report={r} verdict="worse" />
              <Rules rules={r.decisionRules} />
              <Precursors found={r.failurePrecursors} />
            </>
          ) : (
            <Section title="Nothing yet">
              <Empty>Patterns are looked for in each learning cycle, once there are traces.</Empty>
            </Section>
          )
        }
      </Await>
    </>
  );
}

type Report = NonNullable<PatternsView["report"]>;

const STEP = { sequence: " … ", ngram: " → ", loop: " ↻ " };

function Found({ title, report, verdict }: { title: string; report: Report; verdict: "better" | "worse" }) {
  const named = (p: Report["patterns"][number]) => p.activities.join(STEP[p.kind]);
  // Nodes and agents may do the same in the same order: it is said once.
  const all = [...new Map(report.patterns.filter((p) => p.verdict === verdict).map((p) => [named(p), p])).values()];
  const found = all.filter((p) => !p.echoesOutcome);
  const echoes = all.filter((p) => p.echoesOutcome);
  return (
    <Section title={title} aside={<span class="quiet small">at most {percent(report.fdr)} of these by chance</span>}>
      {found.length === 0 && <Empty>None is beyond doubt.</Empty>}
      {found.length > 0 && (
        <Bars
          rows={found.slice(0, 30).map((p) => ({
            label: `${named(p)} (${p.support} runs)`,
            value: p.difference,
            text: signed(p.difference),
            note: `${figure(p.meanWith)} with, ${figure(p.meanWithout)} without; ${signed(p.lower)} to ${signed(p.upper)}`,
          }))}
        />
      )}
      {echoes.length > 0 && (
        <details>
          <summary>{plural(echoes.length, "more")} only tell how runs ended</summary>
          <ul class="list">
            {echoes.slice(0, 30).map((p) => (
              <li key={named(p)}>{named(p)}</li>
            ))}
          </ul>
        </details>
      )}
    </Section>
  );
}

function Rules({ rules }: { rules: Report["decisionRules"] }) {
  const shown = rules.filter((r) => r.significant);
  return (
    <Section title="Where a destination does better">
      {shown.length === 0 && <Empty>No rule is beyond doubt.</Empty>}
      <ul class="list">
        {shown.slice(0, 30).map((r, i) => (
          <li key={i}>
            <Badge tone="good">{signed(r.difference)}</Badge>
            {r.text} <a href={to("runs", { point: r.decisionPoint, destination: r.destination })}>Runs</a>{" "}
            <span class="small quiet">
              {signed(r.lower)} to {signed(r.upper)}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Precursors({ found }: { found: Report["failurePrecursors"] }) {
  const shown = found.filter((f) => f.significant);
  if (shown.length === 0) return null;
  return (
    <Section title="What comes before failures">
      <Table
        label="Failure precursors"
        head={
          <>
            <th>Fails</th>
            <th>After</th>
            <th class="n">Fails then</th>
            <th class="n">Otherwise</th>
          </>
        }
      >
        {shown.map((f, i) => (
          <tr key={i}>
            <td>
              {f.node === "__end__" ? (
                "the run"
              ) : (
                <a href={to("runs", { type: f.workflowType, failed: f.node })}>{f.node}</a>
              )}
            </td>
            <td>{f.before.join(STEP[f.kind ?? "ngram"])}</td>
            <td class="n">{percent(f.failureRate, 1)}</td>
            <td class="n">{percent(f.otherwise, 1)}</td>
          </tr>
        ))}
      </Table>
    </Section>
  );
}
