import type { Overview } from "../../data/overview.js";
import { post } from "../api.js";
import { moment } from "../format.js";
import { Section } from "./basics.js";
import type { Question } from "./confirm.js";
import type { Levers } from "./levers.js";

/** Versions that are proven and wait for a person's agreement. */
export function Approvals({ overview, maySteer, ask }: { overview: Overview | undefined } & Levers) {
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
