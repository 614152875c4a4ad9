import { useState } from "preact/hooks";
import type { DecisionExplanation } from "../../../loop/index.js";
import type { PolicyView } from "../../data/policies.js";
import { post } from "../api.js";
import { percent } from "../format.js";
import { Section } from "./basics.js";
import { Explanation } from "./decision.js";

interface Answer {
  advice: {
    destination: string;
    probabilities: Record<string, number>;
    source: string;
    policyVersion?: string;
    why: string;
  };
  explanation?: DecisionExplanation;
}

/** What would it do with ...: asks the policy that serves, records nothing. */
export function AskForm({ policy: p }: { policy: PolicyView }) {
  const [text, setText] = useState(() => JSON.stringify(p.example ?? {}, null, 2));
  const [answer, setAnswer] = useState<Answer>();
  const [error, setError] = useState<string>();
  const ask = async (e: Event) => {
    e.preventDefault();
    setError(undefined);
    setAnswer(undefined);
    try {
      setAnswer(await post<Answer>("ask", { point: p.point, context: parsed(text) }));
    } catch (problem) {
      setError((problem as Error).message);
    }
  };
  return (
    <Section title="What would it do with …">
      <form onSubmit={ask}>
        <label>
          The context as JSON; it begins with that of the last decision. Nothing is recorded.
          <textarea
            rows={7}
            spellcheck={false}
            value={text}
            onInput={(e) => setText((e.target as HTMLTextAreaElement).value)}
          />
        </label>
        <div class="buttons">
          <button type="submit" class="primary">
            Ask
          </button>
        </div>
      </form>
      {error && (
        <p class="problem" role="alert">
          {error}
        </p>
      )}
      {answer && (
        <div role="status">
          <p>
            It would go to <b>{answer.advice.destination}</b> (
            {answer.advice.source === "policy" ? `version ${answer.advice.policyVersion}` : "the fallback"}):{" "}
            {Object.entries(answer.advice.probabilities)
              .map(([d, v]) => `${d} ${percent(v)}`)
              .join(", ")}
            .
          </p>
          {answer.explanation && <Explanation of={answer.explanation} />}
        </div>
      )}
    </Section>
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('This is no JSON: fields are written as "name": value, with a comma between them.');
  }
}
