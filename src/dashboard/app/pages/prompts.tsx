import { useState } from "preact/hooks";
import type { Overview } from "../../data/overview.js";
import type { PromptView } from "../../data/prompts.js";
import { post, tell, useData } from "../api.js";
import { changeWord, count, figure, moment, percent, sentence } from "../format.js";
import { Approvals } from "../parts/approvals.js";
import { Await, Badge, Empty, Section, Share, Table, toneOf } from "../parts/basics.js";
import { Confirm, type Question } from "../parts/confirm.js";
import type { PageProps } from "../route.js";
import { wordDiff } from "../word-diff.js";

/** Texts with what changed in them, and the experiments between them. */
export function PromptsPage({ me }: PageProps) {
  const prompts = useData<PromptView[]>("prompts", {}, ["policies", "cycle"]);
  const overview = useData<Overview>("overview", {}, ["policies", "cycle"]);
  const [question, setQuestion] = useState<Question>();
  const maySteer = me.may.includes("steer");
  return (
    <>
      <h1 tabIndex={-1}>Prompts</h1>
      <p class="lead">Versions, word by word, and the experiments that decide between them.</p>
      {question && (
        <Confirm
          question={question}
          onDone={(done) => {
            setQuestion(undefined);
            if (done) tell(["policies"]);
          }}
        />
      )}
      <Approvals of="prompts" overview={overview.data} maySteer={maySteer} ask={setQuestion} />
      <Await of={prompts}>
        {(all) => (
          <>
            {all.length === 0 && (
              <Section title="Nothing yet">
                <Empty>
                  No prompt is registered. <code>loop.prompts.register(id, template)</code> does that.
                </Empty>
              </Section>
            )}
            {all.map((p) => (
              <Prompt key={p.id} prompt={p} maySteer={maySteer} ask={setQuestion} />
            ))}
          </>
        )}
      </Await>
    </>
  );
}

type Version = PromptView["versions"][number];

const textOf = (v: Version | undefined): string =>
  (v?.content.messages ?? [])
    .map((m) => ("role" in m ? `${m.role}: ${m.template}` : `{${m.placeholder}}`))
    .join("\n\n");

function Prompt({ prompt: p, maySteer, ask }: { prompt: PromptView; maySteer: boolean; ask: (q: Question) => void }) {
  const serving = p.versions.find((v) => v.serving);
  const [left, setLeft] = useState<string>();
  const [right, setRight] = useState<string>();
  const newer = p.versions.find((v) => v.version === (right ?? p.versions[0]?.version));
  const older = p.versions.find((v) => v.version === (left ?? newer?.lineage.parent ?? p.versions[1]?.version));
  const pick = (value: string | undefined, set: (v: string) => void, label: string) => (
    <label>
      {label}
      <select value={value} onChange={(e) => set((e.target as HTMLSelectElement).value)}>
        {p.versions.map((v) => (
          <option key={v.version} value={v.version}>
            {v.version}
            {v.serving ? ", serves" : ""}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <Section title={p.id} aside={<Badge tone="good">{serving ? `${serving.version} serves` : "nothing serves"}</Badge>}>
      <Table
        label={`Versions of ${p.id}`}
        phone="cards"
        head={
          <>
            <th>Version</th>
            <th>Made</th>
            <th class="n">Served</th>
            <th class="n">Rated</th>
            <th class="n">Reward</th>
            <th />
          </>
        }
      >
        {p.versions.map((v) => {
          const done = p.performance.find((x) => x.version === v.version);
          return (
            <tr key={v.version}>
              <td>
                <b>{v.version}</b> {v.serving && <Badge tone="good">serves</Badge>}
              </td>
              <td class="nowrap" data-label="Made">
                {moment(v.createdAt)}
              </td>
              <td class="n" data-label="Served">
                {count(done?.served ?? 0)}
              </td>
              <td class="n" data-label="Rated">
                {count(done?.rated ?? 0)}
              </td>
              <td class="n" data-label="Reward">
                {figure(done?.mean, 3)}
              </td>
              <td>
                {maySteer && !v.serving && (
                  <button
                    type="button"
                    onClick={() =>
                      ask({
                        title: `Let ${p.id} ${v.version} serve?`,
                        consequence: "New runs get this text. A running experiment goes on.",
                        button: `Promote ${v.version}`,
                        run: (why) =>
                          post("steer", { action: "promote", name: `prompt/${p.id}`, version: v.version, why }),
                      })
                    }
                  >
                    Promote
                  </button>
                )}
              </td>
            </tr>
          );
        })}
      </Table>
      <h3>What changed</h3>
      {p.versions.length > 1 && (
        <div class="filters">
          {pick(older?.version, setLeft, "From")}
          {pick(newer?.version, setRight, "To")}
        </div>
      )}
      <pre tabIndex={0}>
        {p.versions.length < 2
          ? textOf(newer)
          : wordDiff(textOf(older), textOf(newer)).map((part, i) =>
              part.kind === "added" ? (
                <ins key={i}>{part.text}</ins>
              ) : part.kind === "removed" ? (
                <del key={i}>{part.text}</del>
              ) : (
                part.text
              ),
            )}
      </pre>
      {p.experiments.map((e) => (
        <Experiment key={e.key} record={e} />
      ))}
      <details>
        <summary>History</summary>
        <ul class="list">
          {p.history.map((e, i) => (
            <li key={i}>
              <span class="quiet small">{moment(e.at)}</span> <b>{changeWord(e.action)}</b> {e.version}: {e.reason}
            </li>
          ))}
        </ul>
      </details>
    </Section>
  );
}

function Experiment({ record: e }: { record: PromptView["experiments"][number] }) {
  const r = e.report;
  return (
    <div>
      <h3>
        Experiment {e.definition.variants.join(" against ")}{" "}
        <Badge tone={e.ended ? undefined : "warn"}>{e.ended ? (r?.verdict ?? e.ended.reason) : "running"}</Badge>
      </h3>
      <p class="small quiet">
        Since {moment(e.startedAt)}; allocation {e.definition.allocation}, kept per {e.definition.sticky}; differences
        below {e.definition.minimumEffect} do not matter.
        {e.definition.guardrails.length > 0 &&
          ` Guardrails: ${e.definition.guardrails.map((g) => `${g.metric}${g.limit === undefined ? "" : ` over ${g.limit}`} at most ${percent(g.margin)} more often`).join("; ")}.`}
      </p>
      {r && (
        <Table
          label="Variants"
          phone="cards"
          head={
            <>
              <th>Version</th>
              <th class="n">Outcomes</th>
              <th class="n">Reward</th>
              <th>Share of new units</th>
              <th>Left</th>
            </>
          }
        >
          {r.variants.map((v) => (
            <tr key={v.version}>
              <td>
                {v.version} {v.version === r.winner && <Badge tone={toneOf("ok")}>won</Badge>}
              </td>
              <td class="n" data-label="Outcomes">
                {v.outcomes}
              </td>
              <td class="n" data-label="Reward">
                {figure(v.mean, 3)} <span class="quiet">± {figure(2 * v.standardError, 3)}</span>
              </td>
              <td data-label="Share of new units">
                <Share value={e.shares[v.version] ?? 0} label={percent(e.shares[v.version] ?? 0)} />{" "}
                {percent(e.shares[v.version] ?? 0)}
              </td>
              <td>{v.out ? `${v.out.reason} by ${v.out.by}` : ""}</td>
            </tr>
          ))}
        </Table>
      )}
      <p>{sentence(e.ended?.text ?? r?.text ?? "no outcome yet")}</p>
    </div>
  );
}
