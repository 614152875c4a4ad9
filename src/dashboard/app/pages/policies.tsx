import { useState } from "preact/hooks";
import type { DestinationReport, LearningReport } from "../../../loop/index.js";
import type { Overview } from "../../data/overview.js";
import type { PolicyView } from "../../data/policies.js";
import { post, tell, useData } from "../api.js";
import { changeWord, figure, moment, percent, plural, signed } from "../format.js";
import { AskForm } from "../parts/ask-form.js";
import { Await, Badge, Bars, Empty, Section, Table } from "../parts/basics.js";
import { Confirm, type Question } from "../parts/confirm.js";
import { Evidence } from "../parts/evidence.js";
import { type PageProps, to } from "../route.js";

/** Versions with what proves them, and the levers: promote, roll back, pin, mode. */
export function PoliciesPage({ me, params }: PageProps) {
  const policies = useData<PolicyView[]>("policies", {}, ["policies", "cycle"]);
  const report = useData<LearningReport>("report", {}, ["policies", "cycle"]);
  const overview = useData<Overview>("overview", {}, ["policies", "cycle"]);
  const [question, setQuestion] = useState<Question>();
  const maySteer = me.may.includes("steer");
  const ask = (q: Question) => setQuestion(q);
  return (
    <>
      <h1 tabIndex={-1}>Policies</h1>
      <p class="lead">
        What decides at each learned edge, why it was allowed to, and the levers. Every change asks for a reason and is
        kept with your name.
      </p>
      {question && (
        <Confirm
          question={question}
          onDone={(done) => {
            setQuestion(undefined);
            if (done) tell(["policies", "cycle"]);
          }}
        />
      )}
      <Approvals overview={overview.data} maySteer={maySteer} ask={ask} />
      <Await of={policies}>
        {(all) => {
          const shown = all.find((p) => p.point === params["point"]) ?? all[0];
          if (!shown)
            return (
              <Section title="Nothing yet">
                <Empty>No decision point is declared over this store.</Empty>
              </Section>
            );
          return (
            <>
              {all.length > 1 && (
                <nav class="chips" aria-label="Decision points">
                  {all.map((p) => (
                    <a
                      key={p.point}
                      href={to("policies", { point: p.point })}
                      aria-current={p === shown ? "true" : undefined}
                    >
                      <Badge tone={p === shown ? "accent" : undefined}>{p.point}</Badge>
                    </a>
                  ))}
                </nav>
              )}
              <Serving policy={shown} maySteer={maySteer} ask={ask} />
              <Evidence policy={shown} />
              <Versions policy={shown} maySteer={maySteer} ask={ask} />
              <Section title="What pushes towards each destination">
                <Await of={report}>
                  {(r) => (
                    <Pushes destinations={r.points.find((p) => p.decisionPoint === shown.point)?.destinations ?? []} />
                  )}
                </Await>
              </Section>
              {me.may.includes("judge") && <AskForm key={shown.point} policy={shown} />}
              <History policy={shown} />
            </>
          );
        }}
      </Await>
    </>
  );
}

interface Levers {
  maySteer: boolean;
  ask: (q: Question) => void;
}

function Approvals({ overview, maySteer, ask }: { overview: Overview | undefined } & Levers) {
  const waiting = overview?.waits.approvals ?? [];
  if (waiting.length === 0) return null;
  const question = (a: (typeof waiting)[number], agree: boolean): Question => ({
    title: agree ? `Let ${a.name} ${a.version} serve?` : `Turn ${a.name} ${a.version} down?`,
    consequence: agree
      ? `It was proven: ${a.reason}. New runs are steered by it.`
      : "What serves now goes on; the gate may propose another version later.",
    button: agree ? "Let it serve" : "Turn it down",
    run: (why) => post("approve", { name: a.name, version: a.version, agree, why }),
  });
  return (
    <Section title="Proven, and waiting for your word">
      <ul class="list">
        {waiting.map((a) => (
          <li key={a.name}>
            <b>
              {a.name} {a.version}
            </b>
            , since {moment(a.at)}. {a.reason}
            {maySteer && (
              <div class="buttons">
                <button type="button" class="primary" onClick={() => ask(question(a, true))}>
                  Let it serve
                </button>
                <button type="button" onClick={() => ask(question(a, false))}>
                  Turn it down
                </button>
              </div>
            )}
          </li>
        ))}
      </ul>
    </Section>
  );
}

const MODES: Record<string, string> = {
  auto: "watches first, tries a challenger, serves what is proven",
  shadow: "the fallback acts; a share is explored",
  advise: "advice is in the state; the graph's own code decides",
  act: "the policy acts, inside its exploration budget",
};

function Serving({ policy: p, maySteer, ask }: { policy: PolicyView } & Levers) {
  const mode = p.status?.mode ?? "auto";
  const setMode = (to: string) => {
    if (to === mode) return;
    ask({
      title: `Set ${p.point} to ${to}?`,
      consequence: `In mode ${to}, ${MODES[to]}. It holds for new runs, in every process over this store.`,
      button: `Set to ${to}`,
      run: (why) => post("steer", { action: "mode", name: p.point, mode: to, why }),
    });
  };
  const previous = p.history
    .filter((e) => e.action === "promote")
    .map((e) => e.version)
    .find((v) => v !== p.champion);
  return (
    <Section
      title={p.point}
      aside={
        <span>
          <Badge tone={p.champion ? "good" : undefined}>
            {p.champion ? `${p.champion} serves` : "the fallback serves"}
          </Badge>{" "}
          {p.pinned && <Badge tone="warn">pinned</Badge>}
        </span>
      }
    >
      <p>
        Goes to {p.destinations.join(", ") || "destinations not declared here"}; explores {percent(p.exploration, 1)} of
        runs.
        {p.status && ` ${plural(p.status.decisions, "decision")}, ${plural(p.status.rated, "rated one")}.`}
      </p>
      {p.status?.unreadable && (
        <p class="problem">
          {p.status.unreadable.version} cannot be read: {p.status.unreadable.reason}
        </p>
      )}
      {maySteer && (
        <div class="buttons">
          <label>
            <span class="quiet">Mode </span>
            <select
              value={mode}
              onChange={(e) => {
                const select = e.target as HTMLSelectElement;
                setMode(select.value);
                select.value = mode;
              }}
            >
              {[...new Set([...Object.keys(MODES), mode])].map((m) => (
                <option key={m} value={m}>
                  {m}
                </option>
              ))}
            </select>
          </label>
          {p.champion && !p.pinned && (
            <button
              type="button"
              onClick={() =>
                ask({
                  title: `Roll ${p.point} back?`,
                  consequence: `${p.champion} stops serving; ${previous ? `${previous}, or the fallback, serves again` : "the fallback serves again"}. New runs are affected at once.`,
                  button: "Roll back",
                  run: (why) => post("steer", { action: "rollback", name: p.name, why }),
                })
              }
            >
              Roll back
            </button>
          )}
          {p.versions.length > 0 && !p.pinned && (
            <button
              type="button"
              onClick={() =>
                ask({
                  title: p.champion ? `Pin ${p.point} to ${p.champion}?` : `Pin ${p.point} to the fallback?`,
                  consequence: "Nothing replaces it until it is unpinned, neither the gate nor a roll-back.",
                  button: "Pin",
                  run: (why) =>
                    post("steer", { action: "pin", name: p.name, ...(p.champion && { version: p.champion }), why }),
                })
              }
            >
              Pin what serves
            </button>
          )}
          {p.pinned && (
            <button
              type="button"
              onClick={() =>
                ask({
                  title: `Unpin ${p.point}?`,
                  consequence:
                    "The version serves that was promoted last before the pin, and the gate may change it again.",
                  button: "Unpin",
                  run: (why) => post("steer", { action: "unpin", name: p.name, why }),
                })
              }
            >
              Unpin
            </button>
          )}
        </div>
      )}
    </Section>
  );
}

function Versions({ policy: p, maySteer, ask }: { policy: PolicyView } & Levers) {
  return (
    <Section title="Versions">
      {p.versions.length === 0 ? (
        <Empty>None was published yet.</Empty>
      ) : (
        <Table
          label={`Versions of ${p.point}`}
          head={
            <>
              <th>Version</th>
              <th>Made</th>
              <th>After</th>
              <th class="n">Rows</th>
              <th>Learned from</th>
              <th>Estimates</th>
              <th />
            </>
          }
        >
          {p.versions.map((v) => (
            <tr key={v.version}>
              <td class="nowrap">
                <b>{v.version}</b> {v.version === p.champion && <Badge tone="good">serves</Badge>}
              </td>
              <td class="nowrap">{moment(v.createdAt)}</td>
              <td>{v.lineage.parent ?? "–"}</td>
              <td class="n">{v.lineage.rows}</td>
              <td class="nowrap">
                {v.lineage.dataFrom ? `${moment(v.lineage.dataFrom)} to ${moment(v.lineage.dataTo)}` : "–"}
              </td>
              <td class="small">{estimates(v.lineage.estimates)}</td>
              <td>
                <a class="small" href={to("runs", { point: p.point, version: v.version })}>
                  Runs
                </a>{" "}
                {maySteer && v.version !== p.champion && !p.pinned && (
                  <button
                    type="button"
                    onClick={() =>
                      ask({
                        title: `Let ${v.version} serve at ${p.point}?`,
                        consequence:
                          "You promote it by hand: the gate's proof is not asked for. It is watched, and rolled back if it falls behind.",
                        button: `Promote ${v.version}`,
                        run: (why) => post("steer", { action: "promote", name: p.name, version: v.version, why }),
                      })
                    }
                  >
                    Promote
                  </button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

/** `lowerBound` as "lower bound". */
const words = (name: string) => name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();

/** Numbers of an estimate, in a line. */
function estimates(e: Record<string, unknown> | undefined): string {
  const said = Object.entries(e ?? {}).flatMap(([name, v]): string[] => {
    if (typeof v === "number")
      return [`${words(name)} ${Math.abs(v) >= 10 ? Math.round(v) : name === "risk" ? figure(v, 3) : signed(v)}`];
    if (typeof v !== "object" || v === null) return [];
    const { value, mean, lower, upper } = v as Record<string, unknown>;
    const middle = typeof value === "number" ? value : mean;
    if (typeof middle !== "number") return [];
    const range =
      typeof lower === "number" && typeof upper === "number" ? ` (${signed(lower)} to ${signed(upper)})` : "";
    return [`${words(name)} ${signed(middle)}${range}`];
  });
  return said.slice(0, 4).join(", ") || "–";
}

/** Features of a destination that are shown, the strongest first. */
const SHOWN = 12;

/** All bars of a point on one scale, so that lengths can be compared. */
function Pushes({ destinations }: { destinations: readonly DestinationReport[] }) {
  const named = (d: DestinationReport) =>
    [...d.towards, ...d.away]
      .filter((f) => f.feature.trim() !== "" && !/rare words #|=\s*$/i.test(f.feature))
      .sort((a, b) => Math.abs(b.push) - Math.abs(a.push))
      .slice(0, SHOWN);
  const most = Math.max(1e-9, ...destinations.flatMap((d) => named(d).map((f) => Math.abs(f.push))));
  if (destinations.length === 0) return <Empty>Nothing was learned here yet.</Empty>;
  return (
    <div class="grid">
      {destinations.map((d) => (
        <div key={d.name}>
          <h3>{d.name}</h3>
          <p class="small quiet">
            {percent(d.share, 1)} of rated decisions
            {d.meanReward === undefined ? "" : `, mean reward ${figure(d.meanReward)}`}
          </p>
          <Bars
            most={most}
            rows={named(d).map((f) => ({
              label: f.feature,
              value: f.push,
              text: signed(f.push),
              note: `in ${f.count} decisions`,
            }))}
          />
        </div>
      ))}
    </div>
  );
}

function History({ policy: p }: { policy: PolicyView }) {
  return (
    <Section title="What changed, and why">
      {p.history.length === 0 && <Empty>Nothing yet.</Empty>}
      <ul class="list">
        {p.history.map((e, i) => (
          <li key={`${e.at} ${i}`}>
            <span class="quiet small">{moment(e.at)}</span> <b>{changeWord(e.action)}</b> {e.version ?? "the fallback"}:{" "}
            {e.reason}
          </li>
        ))}
      </ul>
    </Section>
  );
}
