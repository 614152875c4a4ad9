import type { PolicyView } from "../../data/policies.js";
import { count, percent, plural, signed } from "../format.js";
import { Empty, Figure, Section } from "./basics.js";

/** What the gate knows, and what it lacks. */
export function Evidence({ policy: p }: { policy: PolicyView }) {
  const s = p.status;
  const i = s?.improvement;
  return (
    <Section title="The gate's reasoning">
      {!s?.verdict && !i && <Empty>Nothing was judged here yet; it begins once enough decisions are rated.</Empty>}
      <div class="figures">
        {i && (
          <Figure
            value={signed(i.mean)}
            tone={i.lower > 0 ? "good" : i.upper < 0 ? "bad" : undefined}
            label="reward per decision over the fallback"
            note={`${signed(i.lower)} to ${signed(i.upper)} at ${percent(i.level)}, ${plural(i.decisions, "decision")}`}
          />
        )}
        {s?.moreDecisionsNeeded !== undefined && (
          <Figure value={count(s.moreDecisionsNeeded)} label="more rated decisions until the next judgement" />
        )}
      </div>
      {s?.verdict && <p>{s.verdict}.</p>}
      {i && <p class="small quiet">How it was measured: {i.method}.</p>}
      {(s?.warnings ?? []).map((w) => (
        <p key={w} class="caution">
          {w}
        </p>
      ))}
    </Section>
  );
}
