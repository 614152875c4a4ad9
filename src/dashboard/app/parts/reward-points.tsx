import type { PointReport } from "../../../loop/index.js";
import { figure, moment, percent, seconds } from "../format.js";
import { Table } from "./basics.js";
import type { ChartProps } from "./chart.js";

const middle = (p: { from: string; to: string }) => (seconds(p.from) + seconds(p.to)) / 2;

/** Mean reward with its band, versions marked, as a chart draws it. */
export function rewardChart({ curve, events }: PointReport): ChartProps {
  return {
    label: `Mean reward over time, from ${figure(curve[0]?.mean)} to ${figure(curve.at(-1)?.mean)}`,
    x: curve.map(middle),
    y: curve.map((p) => p.mean),
    lower: curve.map((p) => Math.max(0, p.mean - 2 * p.standardError)),
    upper: curve.map((p) => Math.min(1, p.mean + 2 * p.standardError)),
    marks: events
      .filter((e) => e.action === "promote" || e.action === "rollback")
      .map((e) => ({
        at: seconds(e.at),
        text: e.action === "promote" ? `${e.version} serves` : `back to ${e.version ?? "the fallback"}`,
        tone: e.action === "promote" ? ("good" as const) : ("bad" as const),
      })),
    points: true,
  };
}

/** What the chart shows, in words and as a table. */
export function RewardPoints({ point }: { point: PointReport }) {
  return (
    <>
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
          {point.curve.map((p) => (
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
