import { useState } from "preact/hooks";
import type { Decision } from "../../../core/index.js";
import type { DecisionExplanation } from "../../../loop/index.js";
import type { Explained } from "../../data/run.js";
import { get } from "../api.js";
import { figure, moment, percent, signed } from "../format.js";
import { Badge, Bars, Share } from "./basics.js";

const REASONS: Record<string, string> = {
  shadow: "the point only watches",
  disabled: "learning is switched off",
  "no-policy": "no policy serves",
  "context-error": "the context function failed",
  "policy-error": "the policy failed",
  "unknown-destination": "the policy named a destination the graph lacks",
  "time-budget": "the policy took too long",
  "reward-floor": "the expected reward was too low",
  canary: "only a share of runs is steered yet",
  control: "a share of runs is left to the fallback for comparison",
};

/** One choice with its probabilities, what the fallback said, and why. */
export function DecisionView({ decision: d }: { decision: Decision }) {
  const [why, setWhy] = useState<Explained>();
  const [error, setError] = useState<string>();
  const explain = () =>
    get<Explained>("explain", { id: d.workflowId, decision: d.decisionId }).then(setWhy, (e: Error) =>
      setError(e.message),
    );
  return (
    <article>
      <h3>
        {d.decisionPoint} → {d.chosen} <Badge>{d.source}</Badge>
      </h3>
      <p class="small quiet">
        {moment(d.at, true)} · mode {d.mode} · {d.policyVersion ? `version ${d.policyVersion}` : "no version"}
        {d.propensity !== undefined && ` · drawn with probability ${figure(d.propensity, 3)}`}
        {d.fallbackReason && ` · the fallback decided: ${REASONS[d.fallbackReason] ?? d.fallbackReason}`}
      </p>
      <ul class="list">
        {d.candidates.map((c, i) => (
          <li key={c}>
            <Share value={d.probabilities?.[i] ?? 0} label={`${c}: probability ${figure(d.probabilities?.[i])}`} />{" "}
            <b>{c}</b> {d.probabilities && percent(d.probabilities[i] ?? 0, 1)}
            {d.expectedRewards?.[i] !== undefined && (
              <span class="quiet"> · expected reward {figure(d.expectedRewards[i], 3)}</span>
            )}
            {c === d.fallbackChoice && <span class="quiet"> · what the fallback said</span>}
            {d.mask && d.mask[i] === false && <span class="quiet"> · not allowed</span>}
          </li>
        ))}
      </ul>
      <details>
        <summary>Context</summary>
        <pre tabIndex={0}>{JSON.stringify(d.context, null, 2)}</pre>
      </details>
      {!why && (
        <button type="button" onClick={explain}>
          Why?
        </button>
      )}
      {error && (
        <p class="problem" role="alert">
          {error}
        </p>
      )}
      {why?.none && <p class="empty">{why.none}</p>}
      {why?.explanation && <Explanation of={why.explanation} />}
    </article>
  );
}

/** The expected reward of each candidate as a sum of features. */
export function Explanation({ of: e }: { of: DecisionExplanation }) {
  const most = Math.max(1e-9, ...e.candidates.flatMap((c) => c.contributions.map((f) => Math.abs(f.contribution))));
  return (
    <div>
      <p>
        {e.policyVersion} prefers <b>{e.preferred}</b>
        {e.nearest && ` by ${figure(e.nearest.margin, 3)} over ${e.nearest.candidate}`}.
        {e.changes.length > 0 &&
          ` Without ${e.changes[0]?.fields.join(" and ")} it would prefer ${e.changes[0]?.destination}.`}
      </p>
      <div class="grid">
        {e.candidates.map((c) => (
          <div key={c.candidate}>
            <h3>
              {c.candidate}{" "}
              <span class="quiet">
                {figure(c.expectedReward, 3)} ± {figure(c.standardError, 3)}
              </span>
            </h3>
            <Bars
              most={most}
              rows={c.contributions
                .filter((f) => f.feature.trim() !== "")
                .map((f) => ({ label: f.feature, value: f.contribution, text: signed(f.contribution) }))}
            />
          </div>
        ))}
      </div>
    </div>
  );
}
