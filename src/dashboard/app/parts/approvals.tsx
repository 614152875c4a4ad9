import type { Overview } from "../../data/overview.js";
import { post } from "../api.js";
import { moment } from "../format.js";
import { Section } from "./basics.js";
import type { Question } from "./confirm.js";
import type { Levers } from "./levers.js";

/** The page on which it is agreed to. */
export const pageOf = ({ name }: { name: string }): "prompts" | "policies" =>
  name.startsWith("prompt") ? "prompts" : "policies";

/** Versions that are proven and wait for a person's agreement: of prompts, or of all else. */
export function Approvals({
  overview,
  of,
  maySteer,
  ask,
}: { overview: Overview | undefined; of: "prompts" | "policies" } & Levers) {
  const waiting = (overview?.waits.approvals ?? []).filter((a) => pageOf(a) === of);
  if (waiting.length === 0) return null;
  const question = (a: (typeof waiting)[number], agree: boolean): Question => ({
    title: agree ? `Let ${a.name} ${a.version} serve?` : `Turn ${a.name} ${a.version} down?`,
    consequence: agree
      ? `It was proven: ${a.reason}. New runs get it.`
      : "What serves now goes on; another version may be proposed later.",
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
