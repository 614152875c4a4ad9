import type { Change } from "../../data/journal.js";
import type { SystemView } from "../../data/system.js";
import { useData } from "../api.js";
import { bytes, count, figure, moment, plural } from "../format.js";
import { Await, Badge, Empty, Figure, Section, Table, toneOf } from "../parts/basics.js";
import type { PageProps } from "../route.js";

/** What a person did, in words. */
function said({ action, subject, to }: Change): string {
  const words: Record<string, string> = {
    promote: `let ${to} serve at ${subject}`,
    rollback: `rolled ${subject} back to ${to}`,
    pin: `pinned ${subject} to ${to}`,
    unpin: `unpinned ${subject}`,
    mode: `set the mode of ${subject} to ${to}`,
    judge: `judged ${subject}`,
    undo: `took back a judgement of ${subject}`,
    assign: `asked ${to} to judge ${subject}`,
    approve: `agreed to ${to} of ${subject}`,
    refuse: `turned down ${to} of ${subject}`,
  };
  return words[action] ?? `${action} ${subject}`;
}

/** What `doctor` says, and how this process does. */
export function SystemPage(_: PageProps) {
  const view = useData<SystemView>("system", {}, ["cycle", "policies"]);
  return (
    <>
      <h1 tabIndex={-1}>System</h1>
      <p class="lead">
        What <code>collective-learning doctor</code> says, and how this process does.
      </p>
      <Await of={view}>
        {(s) => (
          <>
            <Section title="Findings">
              <ul class="list">
                {s.findings.map((f) => (
                  <li key={f.what}>
                    <Badge tone={toneOf(f.level)}>
                      {f.level === "ok" ? "fine" : f.level === "bad" ? "problem" : "warning"}
                    </Badge>
                    {f.what}. {f.todo && <span class="quiet">{f.todo}</span>}
                  </li>
                ))}
              </ul>
            </Section>
            <Section title="This process">
              <div class="figures">
                {s.storage && (
                  <Figure
                    value={bytes(s.storage.traces + s.storage.feedback + s.storage.models)}
                    label="stored"
                    note={`traces ${bytes(s.storage.traces)}, feedback ${bytes(s.storage.feedback)}, models ${bytes(s.storage.models)}`}
                  />
                )}
                <Figure value={bytes(s.process.rssBytes)} label="memory" note={`of ${bytes(s.process.totalBytes)}`} />
                <Figure
                  value={`${figure(s.process.delayP99Ms, 1)} ms`}
                  label="event loop late, worst of a hundred"
                  note={`median ${figure(s.process.delayP50Ms, 1)} ms`}
                />
                <Figure
                  value={count(s.capture.written)}
                  label="records written here"
                  note={`${count(s.capture.queued)} wait, ${count(s.capture.dropped)} dropped, ${count(s.capture.sampledOut)} left out by sampling`}
                />
              </div>
              <p class="small quiet">
                Node {s.process.node}, up {plural(Math.round(s.process.uptimeS / 60), "minute")}.
              </p>
            </Section>
            <Section title="Learners">
              <Table
                label="Learners"
                phone="stack"
                head={
                  <>
                    <th>Part</th>
                    <th>State</th>
                    <th class="n">Samples</th>
                    <th>Says</th>
                  </>
                }
              >
                {Object.entries(s.components).map(([name, c]) => (
                  <tr key={name}>
                    <td>{name}</td>
                    <td>
                      <Badge tone={toneOf(c.state)}>{c.state}</Badge>
                    </td>
                    <td class="n">{count(c.samples)}</td>
                    <td>{c.message}</td>
                  </tr>
                ))}
              </Table>
            </Section>
            <Section title="Changed by people">
              {s.changes.length === 0 && <Empty>Nobody has changed anything here.</Empty>}
              <ul class="list">
                {s.changes.map((c, i) => (
                  <li key={`${c.at} ${i}`}>
                    <span class="quiet small">{moment(c.at)}</span> <b>{c.by}</b> {said(c)}: {c.why}
                  </li>
                ))}
              </ul>
            </Section>
          </>
        )}
      </Await>
    </>
  );
}
