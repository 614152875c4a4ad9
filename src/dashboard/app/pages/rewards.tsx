import type { EvaluatorAgreement, RewardView } from "../../data/rewards.js";
import { useData } from "../api.js";
import { figure, isNamed, moment, percent, plural, sentence } from "../format.js";
import { Await, Badge, Bars, Empty, Figure, Section, Table, toneOf } from "../parts/basics.js";
import { Chart } from "../parts/chart.js";
import { type PageProps, to } from "../route.js";

interface Health {
  runs: number;
  rated: number;
  missingShare: number;
  mean?: number;
  spread?: number;
  saturatedShare?: number;
  warnings: string[];
}

/** How far the reward and its model can be trusted. */
export function RewardsPage(_: PageProps) {
  const view = useData<RewardView>("rewards", {}, ["cycle", "policies"]);
  return (
    <>
      <h1 tabIndex={-1}>Reward model</h1>
      <p class="lead">
        The reward is what everything here is measured by. The model foresees it for runs that nobody has judged.
      </p>
      <Await of={view}>
        {(v) => {
          const health = v.component?.details?.["health"] as Health | undefined;
          const findings = v.component?.details?.["evaluators"] as Findings | undefined;
          return (
            <>
              <Section
                title="The reward itself"
                aside={v.component && <Badge tone={toneOf(v.component.state)}>{v.component.state}</Badge>}
              >
                {health ? (
                  <div class="figures">
                    <Figure value={figure(health.mean)} label="mean reward" note={`spread ${figure(health.spread)}`} />
                    <Figure
                      value={percent(1 - health.missingShare)}
                      label={`of ${plural(health.runs, "run")} judged`}
                    />
                    {health.saturatedShare !== undefined && (
                      <Figure value={percent(health.saturatedShare)} label="at the very top or bottom" />
                    )}
                  </div>
                ) : (
                  <Empty>{v.component?.message ?? "Nothing is known yet."}</Empty>
                )}
                {health?.warnings.map((w) => (
                  <p key={w} class="caution">
                    {w}
                  </p>
                ))}
              </Section>
              <Section
                title="Calibration"
                aside={<span class="quiet">{v.model.champion ? `${v.model.champion} serves` : "no model serves"}</span>}
              >
                {v.calibration.length < 2 ? (
                  <Empty>
                    {sentence(v.component?.message ?? "there is no model yet")} It is compared with people's judgements
                    once there is one.
                  </Empty>
                ) : (
                  <>
                    <Chart
                      label={`Predicted against judged reward; the error is ${figure(v.rmse)}`}
                      time={false}
                      points
                      x={v.calibration.map((b) => b.predicted)}
                      y={v.calibration.map((b) => b.actual)}
                      lower={v.calibration.map((b) => b.actual - 2 * b.error)}
                      upper={v.calibration.map((b) => b.actual + 2 * b.error)}
                      xLabel="predicted reward"
                    />
                    <p class="small quiet">
                      What people said (upright) of runs by what was foreseen without their word (across). On a straight
                      line from 0 to 1 the model says what people say. Error {figure(v.rmse, 3)}.
                    </p>
                    <Table
                      label="Calibration"
                      head={
                        <>
                          <th class="n">Predicted</th>
                          <th class="n">Judged</th>
                          <th class="n">± 2 s.e.</th>
                          <th class="n">Runs</th>
                        </>
                      }
                    >
                      {v.calibration.map((b) => (
                        <tr key={b.predicted}>
                          <td class="n">{figure(b.predicted, 3)}</td>
                          <td class="n">{figure(b.actual, 3)}</td>
                          <td class="n">{figure(2 * b.error, 3)}</td>
                          <td class="n">{b.count}</td>
                        </tr>
                      ))}
                    </Table>
                  </>
                )}
              </Section>
              <Importances rows={v.importances} />
              <Evaluators rows={v.evaluators} findings={findings ?? {}} />
              <Section title="Versions">
                {v.model.versions.length === 0 && <Empty>None yet.</Empty>}
                <ul class="list">
                  {v.model.versions.map((x) => (
                    <li key={x.version}>
                      <b>{x.version}</b> {x.version === v.model.champion && <Badge tone="good">serves</Badge>}{" "}
                      <span class="quiet small">
                        {moment(x.createdAt)}, {plural(x.lineage.rows, "rated run")}
                      </span>
                    </li>
                  ))}
                </ul>
              </Section>
            </>
          );
        }}
      </Await>
    </>
  );
}

/** Features that are shown, the strongest first; of the rest not even a thousandth would be seen. */
const SHOWN = 15;
const LEAST_SHARE = 0.0005;

function Importances({ rows }: { rows: RewardView["importances"] }) {
  const named = rows.filter((r) => isNamed(r.feature) && r.share >= LEAST_SHARE).slice(0, SHOWN);
  return (
    <Section title="What it goes by">
      {named.length === 0 ? (
        <Empty>No model serves, or it is older than this page.</Empty>
      ) : (
        <>
          <Bars rows={named.map((r) => ({ label: r.feature, value: r.share, text: percent(r.share, 1) }))} />
          <p class="small quiet">
            How much worse the reward is foreseen when this is taken from another run, as a share of how much rewards
            vary.
          </p>
        </>
      )}
    </Section>
  );
}

/** What the last cycle found of evaluators that judged enough runs together with people. */
type Findings = Record<string, { agreement?: { raw: { share: number; kappa?: number } } }>;

function Evaluators({ rows, findings }: { rows: readonly EvaluatorAgreement[]; findings: Findings }) {
  const agreed = (evaluator: string) => {
    const raw = findings[evaluator]?.agreement?.raw;
    if (!raw) return "too few runs";
    return raw.kappa === undefined ? percent(raw.share) : `${percent(raw.share)}, kappa ${figure(raw.kappa)}`;
  };
  return (
    <Section title="Evaluators against people">
      {rows.length === 0 ? (
        <Empty>No run was judged by an evaluator and by a person.</Empty>
      ) : (
        <Table
          label="Evaluators"
          head={
            <>
              <th>Evaluator</th>
              <th class="n">Runs</th>
              <th>Agrees with people</th>
              <th>Called good, people did not</th>
              <th>Called bad, people did not</th>
            </>
          }
        >
          {rows.map((e) => (
            <tr key={e.evaluator}>
              <td>{e.evaluator}</td>
              <td class="n">{e.runs}</td>
              <td>{agreed(e.evaluator)}</td>
              <td>
                <Links ids={e.falsePositives} />
              </td>
              <td>
                <Links ids={e.falseNegatives} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

function Links({ ids }: { ids: readonly string[] }) {
  return (
    <>
      {ids.length}{" "}
      {ids.slice(0, 3).map((id) => (
        <a key={id} class="small" href={to("run", { id })}>
          {id.slice(0, 18)}{" "}
        </a>
      ))}
    </>
  );
}
