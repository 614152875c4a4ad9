import type { PolicyView } from "../../data/policies.js";
import { post } from "../api.js";
import { percent, plural } from "../format.js";
import { Badge, Section } from "./basics.js";
import type { Levers } from "./levers.js";

const MODES: Record<string, string> = {
  auto: "watches first, tries a challenger, serves what is proven",
  trial: "as auto: a version on trial has its share of turns beside what serves",
  shadow: "the fallback acts; a share is explored",
  advise: "advice is in the state; the graph's own code decides",
  act: "the policy acts, inside its exploration budget",
};

/** What serves at a decision point: its mode, and the levers roll back, pin and unpin. */
export function Serving({ policy: p, maySteer, ask }: { policy: PolicyView } & Levers) {
  const mode = p.status?.mode ?? "auto";
  const setMode = (to: string) => {
    if (to === mode) return;
    ask({
      title: `Set ${p.point} to ${to}?`,
      consequence: `In mode ${to}, ${MODES[to]}. It holds for new runs, in every process over this store.`,
      button: `Set to ${to}`,
      run: (why) => post("steer", { action: "mode", name: p.point, mode: to, why }),
    });
  };
  const previous = p.history
    .filter((e) => e.action === "promote")
    .map((e) => e.version)
    .find((v) => v !== p.champion);
  return (
    <Section
      title={p.point}
      aside={
        <span>
          <Badge tone={p.champion ? "good" : undefined}>
            {p.champion ? `${p.champion} serves` : "the fallback serves"}
          </Badge>{" "}
          {p.pinned && <Badge tone="warn">pinned</Badge>}
        </span>
      }
    >
      <p>
        Goes to {p.destinations.join(", ") || "destinations not declared here"}; explores {percent(p.exploration, 1)} of
        runs.
        {p.status && ` ${plural(p.status.decisions, "decision")}, ${plural(p.status.rated, "rated one")}.`}
      </p>
      {p.status?.unreadable && (
        <p class="problem">
          {p.status.unreadable.version} cannot be read: {p.status.unreadable.reason}
        </p>
      )}
      {maySteer && (
        <div class="buttons">
          <label>
            <span class="quiet">Mode </span>
            <select
              value={mode}
              onChange={(e) => {
                const select = e.target as HTMLSelectElement;
                setMode(select.value);
                select.value = mode;
              }}
            >
              {[...new Set([...Object.keys(MODES), mode])].map((m) => (
                <option key={m} value={m}>
                  {m}
                </option>
              ))}
            </select>
          </label>
          {p.champion && !p.pinned && (
            <button
              type="button"
              onClick={() =>
                ask({
                  title: `Roll ${p.point} back?`,
                  consequence: `${p.champion} stops serving; ${previous ? `${previous}, or the fallback, serves again` : "the fallback serves again"}. New runs are affected at once.`,
                  button: "Roll back",
                  run: (why) => post("steer", { action: "rollback", name: p.name, why }),
                })
              }
            >
              Roll back
            </button>
          )}
          {p.versions.length > 0 && !p.pinned && (
            <button
              type="button"
              onClick={() =>
                ask({
                  title: p.champion ? `Pin ${p.point} to ${p.champion}?` : `Pin ${p.point} to the fallback?`,
                  consequence: "Nothing replaces it until it is unpinned, neither the gate nor a roll-back.",
                  button: "Pin",
                  run: (why) =>
                    post("steer", { action: "pin", name: p.name, ...(p.champion && { version: p.champion }), why }),
                })
              }
            >
              Pin what serves
            </button>
          )}
          {p.pinned && (
            <button
              type="button"
              onClick={() =>
                ask({
                  title: `Unpin ${p.point}?`,
                  consequence:
                    "The version serves that was promoted last before the pin, and the gate may change it again.",
                  button: "Unpin",
                  run: (why) => post("steer", { action: "unpin", name: p.name, why }),
                })
              }
            >
              Unpin
            </button>
          )}
        </div>
      )}
    </Section>
  );
}
