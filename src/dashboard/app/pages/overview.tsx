import type { LearningReport } from "../../../loop/index.js";
import type { Overview, PointCard } from "../../data/overview.js";
import { useData } from "../api.js";
import { changeWord, count, days, figure, moment, plural, signed } from "../format.js";
import { pageOf } from "../parts/approvals.js";
import { Await, Badge, Empty, Figure, Section, toneOf } from "../parts/basics.js";
import { Gain } from "../parts/gain.js";
import { RewardCurve } from "../parts/reward-curve.js";
import { type PageProps, to } from "../route.js";

/** What serves, how much better it is, when the rest will be known, and what needs a person. */
export function OverviewPage(_: PageProps) {
  const overview = useData<Overview>("overview", {}, ["cycle", "policies", "feedback", "runs"]);
  const report = useData<LearningReport>("report", {}, ["cycle", "policies"]);
  return (
    <>
      <h1 tabIndex={-1}>Overview</h1>
      <Await of={overview}>
        {(o) => (
          <>
            <p class="lead">{learningSentence(o)}</p>
            <div class="grid">
              {o.points.map((p) => (
                <PointSection key={p.decisionPoint} point={p} />
              ))}
            </div>
            {o.points.length === 0 && (
              <Section title="Nothing is learned yet">
                <Empty>
                  No decision point is declared over this store. Put <code>loop.router(…)</code> on a conditional edge;{" "}
                  <code>npx collective-learning init</code> writes one into a graph file.
                </Empty>
              </Section>
            )}
            <div class="grid">
              <Waits overview={o} />
              <Wrong overview={o} />
            </div>
          </>
        )}
      </Await>
      <Await of={report}>
        {(r) => (
          <>
            {r.points
              .filter((p) => p.curve.length > 1)
              .map((p) => (
                <Section key={p.decisionPoint} title={`Reward at ${p.decisionPoint} over time`}>
                  <RewardCurve point={p} />
                </Section>
              ))}
          </>
        )}
      </Await>
    </>
  );
}

function learningSentence({ learning: l, at }: Overview): string {
  const others = l.timers.filter((t) => !t.isThis).map((t) => `process ${t.pid} on ${t.host}`);
  const kept = others.length > 0 ? ` The timer is kept by ${others.join(" and ")}.` : "";
  if (l.cycles === 0 && l.failed === 0) return `No learning cycle has run yet.${kept}`;
  const last = l.lastAt ? ` The last one began ${moment(l.lastAt)}.` : "";
  const next = l.running
    ? " One is running now."
    : l.nextAt
      ? ` The next is due ${moment(l.nextAt)}.`
      : kept || " No process keeps the timer.";
  const failed = l.failed > 0 ? `, ${l.failed} failed` : "";
  return `${plural(l.cycles, "learning cycle")} completed${failed}.${last}${next} As of ${moment(at)}.`;
}

function PointSection({ point: p }: { point: PointCard }) {
  const i = p.improvement;
  const serves = p.champion ? `Version ${p.champion} serves` : "The graph's own fallback serves";
  return (
    <Section
      title={p.decisionPoint}
      aside={
        <span>
          <Badge tone={p.champion ? "good" : undefined}>
            {p.mode === "auto" ? (p.champion ? "acts" : "watches") : p.mode}
          </Badge>{" "}
          {p.pinned && <Badge tone="warn">pinned</Badge>}
        </span>
      }
    >
      <p>
        <a href={to("policies", { point: p.decisionPoint })}>{serves}</a>
        {p.pinned && ", held there by hand"}.
      </p>
      {i ? (
        <Gain improvement={i} />
      ) : p.proven ? (
        <Figure
          value={signed(p.proven.gain)}
          tone={(p.proven.lower ?? 0) > 0 ? "good" : undefined}
          label="reward per decision over the fallback, as proven before it served"
          note={[
            p.proven.lower !== undefined && `at least ${signed(p.proven.lower)}`,
            p.proven.risk !== undefined && `at a risk of ${figure(p.proven.risk, 3)}`,
            "what it gains since is measured by the next cycles",
          ]
            .filter(Boolean)
            .join(", ")}
        />
      ) : (
        <Figure
          value={count(p.rated)}
          label={`rated of ${plural(p.decisions, "decision")}`}
          note={p.champion ? "No gain has been measured yet." : "Nothing learned serves: there is no gain to measure."}
        />
      )}
      <Forecast point={p} />
      {p.lastChange && (
        <p class="small">
          <span class="quiet">{moment(p.lastChange.at)}</span> <b>{changeWord(p.lastChange.action)}</b>{" "}
          {p.lastChange.version ?? "the fallback"}: {p.lastChange.reason}
        </p>
      )}
    </Section>
  );
}

function Forecast({ point: p }: { point: PointCard }) {
  const pace = p.perDay === undefined || p.perDay < 0.5 ? "" : ` ${plural(p.perDay, "decision")} a day come in.`;
  if (p.moreDecisionsNeeded !== undefined)
    return (
      <p>
        <b>
          {p.daysToGo === undefined
            ? `${plural(p.moreDecisionsNeeded, "more rated decision")} to go`
            : `${days(p.daysToGo)} to go`}
        </b>{" "}
        until the next challenger can be judged (about {plural(p.moreDecisionsNeeded, "rated decision")} at today's
        traffic).{pace}
        {p.exploration === 0 && " It explores nothing: set exploration above 0."}
      </p>
    );
  return p.verdict ? (
    <p class="small">
      <span class="quiet">The gate says:</span> {p.verdict}.{pace}
    </p>
  ) : (
    <p class="small quiet">The gate has not judged anything here yet.{pace}</p>
  );
}

function Waits({ overview: { waits } }: { overview: Overview }) {
  return (
    <Section title="Waits for a person">
      {waits.requests === 0 && waits.approvals.length === 0 && <Empty>Nothing waits.</Empty>}
      <ul class="list">
        {waits.approvals.map((a) => (
          <li key={a.name}>
            <Badge tone="warn">approval</Badge>
            <a href={to(pageOf(a), pageOf(a) === "prompts" ? {} : { point: a.name.replace(/^policy\//, "") })}>
              {a.name} {a.version}
            </a>{" "}
            is proven: {a.reason}
          </li>
        ))}
        {waits.requests > 0 && (
          <li>
            <Badge tone="warn">feedback</Badge>
            <a href={to("inbox")}>{plural(waits.requests, "run")} to judge</a>
          </li>
        )}
      </ul>
    </Section>
  );
}

function Wrong({ overview: { wrong } }: { overview: Overview }) {
  return (
    <Section title="What is wrong" aside={<a href={to("system")}>System</a>}>
      {wrong.length === 0 && <Empty>Nothing that is known.</Empty>}
      <ul class="list">
        {wrong.slice(0, 6).map((f) => (
          <li key={f.what}>
            <Badge tone={toneOf(f.level)}>{f.level === "bad" ? "problem" : "warning"}</Badge>
            {f.what}. {f.todo && <span class="quiet">{f.todo}</span>}
          </li>
        ))}
      </ul>
      {wrong.length > 6 && <a href={to("system")}>{wrong.length - 6} more</a>}
    </Section>
  );
}
