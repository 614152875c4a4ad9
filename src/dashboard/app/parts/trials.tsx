import { useState } from "preact/hooks";
import type { TrialEvidence } from "../../../loop/index.js";
import type { PolicyView } from "../../data/policies.js";
import { count, figure, moment, plural, seconds, signed } from "../format.js";
import { Section, Table } from "./basics.js";
import { Chart } from "./chart.js";

/** Evidence spans many powers of ten. */
const evidence = (v: number): string => (v >= 0.01 && v < 1000 ? figure(v) : v.toExponential(1));

/** How the evidence about the version on trial grew against what is needed, and what it gains. */
export function Trials({ policy }: { policy: PolicyView }) {
  const [chosen, setChosen] = useState<string>();
  const { trials } = policy;
  const trial = trials.find((t) => t.version === chosen) ?? trials[0];
  if (!trial) return null;
  return (
    <Section
      title="Evidence of the trial"
      aside={
        trials.length > 1 && (
          <label>
            <span class="quiet">Version </span>
            <select value={trial.version} onChange={(e) => setChosen((e.target as HTMLSelectElement).value)}>
              {trials.map((t) => (
                <option key={t.version} value={t.version}>
                  {t.version}
                  {t.isRunning ? ", on trial" : ""}
                </option>
              ))}
            </select>
          </label>
        )
      }
    >
      <p>
        {trial.version} {trial.isRunning ? "is" : "was"} tried against {trial.against ?? "the fallback"}:{" "}
        {plural(trial.decisions, "decision")} came, {count(trial.taken)} went its way, {count(trial.clusters)} were
        rated in time.
      </p>
      <Evidence trial={trial} />
      <Gain trial={trial} />
      <details>
        <summary>As a table</summary>
        <Table
          label={`Evidence about ${trial.version}`}
          head={
            <>
              <th>Until</th>
              <th class="n">Evidence</th>
              <th class="n">Gain</th>
              <th class="n">At least</th>
              <th class="n">At most</th>
            </>
          }
        >
          {trial.points.map((p) => (
            <tr key={p.at}>
              <td class="nowrap">{moment(p.at)}</td>
              <td class="n">{evidence(p.evidence)}</td>
              <td class="n">{p.gain ? signed(p.gain.mean) : "–"}</td>
              <td class="n">{p.gain ? signed(p.gain.lower) : "–"}</td>
              <td class="n">{p.gain ? signed(p.gain.upper) : "–"}</td>
            </tr>
          ))}
        </Table>
      </details>
    </Section>
  );
}

function Evidence({ trial: { points, needed, version } }: { trial: TrialEvidence }) {
  const last = points.at(-1)?.evidence ?? 0;
  const goal = needed === undefined ? "" : ` of ${figure(needed, 0)} needed`;
  return (
    <>
      <h3>Evidence that it is better</h3>
      <Chart
        label={`Evidence that ${version} is better, now ${evidence(last)}${goal}`}
        x={points.map((p) => seconds(p.at))}
        y={points.map((p) => p.evidence)}
        {...(needed !== undefined && { level: { value: needed, text: "needed" } })}
        log
        points
      />
      <p class="small quiet">
        Now {evidence(last)}
        {goal} (dashed): its stake, times what bets on it have earned. A version that is no better reaches the line only
        with the probability you allowed. The scale grows by tenfold steps.
      </p>
    </>
  );
}

function Gain({ trial: { points, minimumEffect, version } }: { trial: TrialEvidence }) {
  const last = points.at(-1)?.gain;
  if (!last) return null;
  return (
    <>
      <h3>What it gains</h3>
      <Chart
        label={`Gain of ${version} in reward, now ${signed(last.mean)}, at least ${signed(last.lower)}`}
        x={points.map((p) => seconds(p.at))}
        y={points.map((p) => p.gain?.mean ?? null)}
        lower={points.map((p) => p.gain?.lower ?? null)}
        upper={points.map((p) => p.gain?.upper ?? null)}
        level={{ value: minimumEffect, text: "must be above" }}
        points
      />
      <p class="small quiet">
        Reward per run above what serves: {signed(last.mean)}, {signed(last.lower)} to {signed(last.upper)} with 95 %
        certainty at any look. It must lie above the dashed line.
      </p>
    </>
  );
}
