import { useState } from "preact/hooks";
import type { FeedbackRecord, Trace } from "../../../core/index.js";
import type { RunView } from "../../data/run.js";
import { spentOf } from "../../data/spent-of.js";
import { useData } from "../api.js";
import { count, duration, figure, moment, money, plural, pretty } from "../format.js";
import { AssignForm } from "../parts/assign-form.js";
import { Await, Badge, Empty, Figure, Section, toneOf } from "../parts/basics.js";
import { DecisionView } from "../parts/decision.js";
import { JudgeFields, noJudgement, sendJudgement } from "../parts/judge-form.js";
import { Timeline } from "../parts/timeline.js";
import { type PageProps, to } from "../route.js";

/** One run from its first step to its last. */
export function RunPage({ me, params }: PageProps) {
  const run = useData<RunView>("run", { id: params["id"] }, ["feedback"]);
  return (
    <>
      <h1 tabIndex={-1}>Run</h1>
      <p class="lead">
        <a href={to("runs")}>All runs</a> · {params["id"]}
      </p>
      <Await of={run}>
        {(r) => (
          <>
            <RunSummary run={r} />
            <div class="two">
              <Section title="What was said of it">
                <Judgements feedback={r.feedback} />
                {me.may.includes("judge") && <AssignForm workflowId={params["id"] ?? ""} />}
              </Section>
              {me.may.includes("judge") && <JudgeRun id={params["id"] ?? ""} onDone={run.reload} />}
            </div>
            <Section title="Decisions">
              {r.decisions.length === 0 && <Empty>No learned edge decided in this run.</Empty>}
              {r.decisions.map((d) => (
                <DecisionView key={d.decisionId} decision={d} />
              ))}
            </Section>
            {r.trace && (
              <>
                <Section title="Timeline">
                  <Timeline trace={r.trace} />
                </Section>
                <States trace={r.trace} />
              </>
            )}
          </>
        )}
      </Await>
    </>
  );
}

/** The figures of one run. */
export function RunSummary({ run: { trace, reward, decisions } }: { run: RunView }) {
  const { costUsd, tokens } = spentOf(trace?.modelCalls ?? []);
  return (
    <Section
      title={trace?.workflowType ?? "A run whose trace was not kept"}
      aside={trace && <Badge tone={toneOf(trace.status)}>{trace.status}</Badge>}
    >
      <div class="figures">
        <Figure
          value={reward === undefined ? "–" : figure(reward)}
          label={reward === undefined ? "not judged yet" : "reward"}
        />
        {trace && <Figure value={duration(trace.durationMs)} label="in all" />}
        {trace && <Figure value={count(trace.nodes.length)} label="steps" />}
        <Figure value={count(decisions.length)} label={decisions.length === 1 ? "decision" : "decisions"} />
        {tokens !== undefined && <Figure value={count(tokens)} label="tokens" />}
        {costUsd !== undefined && <Figure value={money(costUsd)} label="cost" />}
      </div>
      {trace && (
        <p class="small quiet">
          Began {moment(trace.startedAt, true)}
          {trace.threadId && ` · thread ${trace.threadId}`}
          {trace.userId && ` · for ${trace.userId}`}
          {trace.tags.length > 0 && ` · ${trace.tags.join(", ")}`}
          {trace.segments.length > 1 && ` · resumed ${plural(trace.segments.length - 1, "time")}`}
        </p>
      )}
      {trace?.error && <p class="problem">{trace.error.message}</p>}
      {trace && trace.gaps.length > 0 && <p class="small quiet">Missing: {trace.gaps.join("; ")}</p>}
    </Section>
  );
}

/** What raters currently say. */
export function Judgements({ feedback }: { feedback: readonly FeedbackRecord[] }) {
  if (feedback.length === 0) return <Empty>Nobody has judged it yet.</Empty>;
  return (
    <ul class="list">
      {feedback.map((f) => (
        <li key={f.feedbackId}>
          <b>{f.userId}</b>{" "}
          <span class="small quiet">
            {f.source} · {moment(f.at)}
          </span>
          <div>
            {[
              f.outcome !== undefined && `outcome ${figure(f.outcome)}`,
              f.cat && `${f.cat.score} of 10`,
              f.thumbs && (f.thumbs === "up" ? "good" : "not good"),
              ...Object.entries(f.cat?.dimensions ?? {}).map(([n, v]) => `${n} ${v}`),
              ...Object.entries(f.ratings ?? {}).map(([n, v]) => `${n} ${figure(v)}`),
            ]
              .filter(Boolean)
              .join(" · ")}
          </div>
          {f.comment && (
            <div>
              “<bdi>{f.comment}</bdi>”
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}

function JudgeRun({ id, onDone }: { id: string; onDone: () => void }) {
  const [value, setValue] = useState(noJudgement);
  const [said, setSaid] = useState<{ text: string; bad?: boolean }>();
  const send = async (e: Event) => {
    e.preventDefault();
    try {
      await sendJudgement(id, value);
      setValue(noJudgement());
      setSaid({ text: "Stored. It counts from the next learning cycle on." });
      onDone();
    } catch (error) {
      setSaid({ text: (error as Error).message, bad: true });
    }
  };
  return (
    <Section title="Your judgement">
      <form onSubmit={send}>
        <JudgeFields value={value} onChange={setValue} />
        <div class="buttons">
          <button type="submit" class="primary">
            Send
          </button>
        </div>
        {said && (
          <p class={said.bad ? "problem" : "good"} role={said.bad ? "alert" : "status"}>
            {said.text}
          </p>
        )}
      </form>
    </Section>
  );
}

function States({ trace }: { trace: Trace }) {
  const shown = trace.nodes.filter((n) => n.input !== undefined || n.update !== undefined);
  if (shown.length === 0)
    return (
      <Section title="State">
        <Empty>The state of the steps was not captured (option captureState).</Empty>
      </Section>
    );
  return (
    <Section title="State">
      {shown.map((n) => (
        <details key={`${n.taskId} ${n.attempt}`}>
          <summary>
            {[...n.path, n.name].join(" / ")}, step {n.step}
          </summary>
          {n.input !== undefined && (
            <>
              <h3>Input</h3>
              <pre tabIndex={0}>{pretty(n.input)}</pre>
            </>
          )}
          {n.update !== undefined && (
            <>
              <h3>Update</h3>
              <pre tabIndex={0}>{pretty(n.update)}</pre>
            </>
          )}
        </details>
      ))}
    </Section>
  );
}
