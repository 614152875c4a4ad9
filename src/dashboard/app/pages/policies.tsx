import { useState } from "preact/hooks";
import type { LearningReport } from "../../../loop/index.js";
import type { Overview } from "../../data/overview.js";
import type { PolicyView } from "../../data/policies.js";
import { tell, useData } from "../api.js";
import { Approvals } from "../parts/approvals.js";
import { AskForm } from "../parts/ask-form.js";
import { Await, Badge, Empty, Section } from "../parts/basics.js";
import { Changes } from "../parts/changes.js";
import { Confirm, type Question } from "../parts/confirm.js";
import { Evidence } from "../parts/evidence.js";
import { Pushes } from "../parts/pushes.js";
import { Serving } from "../parts/serving.js";
import { Trials } from "../parts/trials.js";
import { Versions } from "../parts/versions.js";
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
      <Approvals of="policies" overview={overview.data} maySteer={maySteer} ask={ask} />
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
              <Trials key={`trials ${shown.point}`} policy={shown} />
              <Versions policy={shown} maySteer={maySteer} ask={ask} />
              <Section title="What pushes towards each destination">
                <Await of={report}>
                  {(r) => (
                    <Pushes destinations={r.points.find((p) => p.decisionPoint === shown.point)?.destinations ?? []} />
                  )}
                </Await>
              </Section>
              {me.may.includes("judge") && <AskForm key={shown.point} policy={shown} />}
              <Section title="What changed, and why">
                <Changes events={shown.history} />
              </Section>
            </>
          );
        }}
      </Await>
    </>
  );
}
