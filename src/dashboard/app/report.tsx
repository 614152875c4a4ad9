import { render } from "preact-render-to-string";
import type { LearningReport, PointReport } from "../../loop/index.js";
import { moment, plural, writeUtc } from "./format.js";
import { Empty, Section, Table } from "./parts/basics.js";
import { Changes } from "./parts/changes.js";
import { Gain } from "./parts/gain.js";
import { Pushes } from "./parts/pushes.js";
import { RewardPoints, rewardChart } from "./parts/reward-points.js";
import { StaticChart } from "./parts/static-chart.js";
import "./style/index.css";

/** The report of the dashboard's own parts, as HTML that needs no script. */
export function renderReport(report: LearningReport): string {
  writeUtc();
  return render(<Report report={report} />);
}

function Report({ report }: { report: LearningReport }) {
  const { improvement } = report;
  return (
    <main class="report">
      <h1>{report.title}</h1>
      <p class="lead">
        <time dateTime={report.createdAt}>{moment(report.createdAt)}</time>
      </p>
      <Section title="Gain">
        {improvement ? (
          <Gain improvement={improvement} note={`. ${improvement.method}`} />
        ) : (
          <p class="gain">No gain was measured yet.</p>
        )}
      </Section>
      {report.tables.map((t) => (
        <Section key={t.heading} title={t.heading}>
          <Table
            label={t.heading}
            head={t.columns.map((c, i) => (
              <th key={c} class={isFigure(t.rows[0]?.[i]) ? "n" : undefined}>
                {c}
              </th>
            ))}
          >
            {t.rows.map((r, i) => (
              <tr key={i}>
                {r.map((v, j) => (
                  <td key={j} class={isFigure(v) ? "n" : undefined}>
                    {v}
                  </td>
                ))}
              </tr>
            ))}
          </Table>
        </Section>
      ))}
      {report.points.length === 0 && <Empty>No decision point has been declared yet.</Empty>}
      {report.points.map((p) => (
        <Point key={p.decisionPoint} point={p} />
      ))}
    </main>
  );
}

/** Numbers, and texts that are numbers, stand at the right. */
const isFigure = (v: string | number | undefined) => typeof v === "number" || /^[+\u2212-]?[\d.]+( %)?$/.test(v ?? "");

function Point({ point: p }: { point: PointReport }) {
  return (
    <Section
      title={`Decision point ${p.decisionPoint}`}
      aside={
        <span class="quiet">
          {plural(p.decisions, "decision")}, {plural(p.rated, "rated one")};{" "}
          {p.champion ? `version ${p.champion} serves` : "the fallback serves"}
        </span>
      }
    >
      {p.curve.length > 1 ? (
        <>
          <StaticChart {...rewardChart(p)} />
          <RewardPoints point={p} />
        </>
      ) : (
        <Empty>Too few rewards for a curve yet.</Empty>
      )}
      <h3>What changed, and why</h3>
      <Changes events={p.events.filter((e) => e.action !== "publish")} />
      <h3>What pushes towards each destination</h3>
      <Pushes destinations={p.destinations} />
    </Section>
  );
}
