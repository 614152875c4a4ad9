import type { RunView } from "../../data/run.js";
import { useData } from "../api.js";
import { Await, Section } from "../parts/basics.js";
import { Timeline } from "../parts/timeline.js";
import { type PageProps, to } from "../route.js";
import { Judgements, RunSummary } from "./run.js";

/** Two runs side by side. */
export function ComparePage({ params }: PageProps) {
  return (
    <>
      <h1 tabIndex={-1}>Compare runs</h1>
      <p class="lead">
        <a href={to("runs")}>All runs</a>
      </p>
      <div class="two">
        <Side id={params["a"] ?? ""} />
        <Side id={params["b"] ?? ""} />
      </div>
    </>
  );
}

function Side({ id }: { id: string }) {
  const run = useData<RunView>("run", { id }, ["feedback"]);
  return (
    <div>
      <p>
        <a href={to("run", { id })}>{id}</a>
      </p>
      <Await of={run}>
        {(r) => (
          <>
            <RunSummary run={r} />
            <Section title="Went">
              <p>
                {r.trace?.nodes
                  .filter((n) => n.path.length === 0)
                  .map((n) => n.name)
                  .join(" → ") || "–"}
              </p>
              <ul class="list">
                {r.decisions.map((d) => (
                  <li key={d.decisionId}>
                    {d.decisionPoint}: <b>{d.chosen}</b>{" "}
                    <span class="quiet">by {d.policyVersion ?? "the fallback"}</span>
                  </li>
                ))}
              </ul>
            </Section>
            {r.trace && (
              <Section title="Timeline">
                <Timeline trace={r.trace} />
              </Section>
            )}
            <Section title="What was said of it">
              <Judgements feedback={r.feedback} />
            </Section>
          </>
        )}
      </Await>
    </div>
  );
}
