import type { PointReport } from "../../../loop/index.js";
import { figure, moment, percent, seconds } from "../format.js";
import { Table } from "./basics.js";
import { Chart } from "./chart.js";

const middle = (p: { from: string; to: string }) => (seconds(p.from) + seconds(p.to)) / 2;

/** Mean reward with its band, versions marked. */
export function RewardCurve({ point }: { point: PointReport }) {
  const { curve, events } = point;
  const first = curve[0]?.mean;
  const last = curve.at(-1)?.mean;
  const marks = events
    .filter((e) => e.action === "promote" || e.action === "rollback")
    .map((e) => ({
      at: seconds(e.at),
      text: e.action === "promote" ? `${e.version} serves` : `back to ${e.version ?? "the fallback"}`,
      tone: e.action === "promote" ? ("good" as const) : ("bad" as const),
    }));
  return (
    <>
      <Chart
        label={`Mean reward over time, from ${figure(first)} to ${figure(last)}`}
        x={curve.map(middle)}
        y={curve.map((p) => p.mean)}
        lower={curve.map((p) => Math.max(0, p.mean - 2 * p.standardError))}
        upper={curve.map((p) => Math.min(1, p.mean + 2 * p.standardError))}
        marks={marks}
        points
      />
      <p class="small quiet">
        Mean reward per decision; the band is two standard errors. Upright lines: a promotion, or a roll-back (dashed).
      </p>
      <details>
        <summary>As a table</summary>
        <Table
          label={`Rewards of ${point.decisionPoint}`}
          head={
            <>
              <th>Until</th>
              <th class="n">Reward</th>
              <th class="n">± 2 s.e.</th>
              <th class="n">Decisions</th>
              <th class="n">By the policy</th>
            </>
          }
        >
          {curve.map((p) => (
            <tr key={p.to}>
              <td class="nowrap">{moment(p.to)}</td>
              <td class="n">{figure(p.mean, 3)}</td>
              <td class="n">{figure(2 * p.standardError, 3)}</td>
              <td class="n">{p.count}</td>
              <td class="n">{percent(p.policyShare)}</td>
            </tr>
          ))}
        </Table>
      </details>
    </>
  );
}
