import { monitorEventLoopDelay } from "node:perf_hooks";
import { checkArgument } from "../../core/arguments.js";
import type { LearningStatus } from "../../loop/index.js";
import type { Finding } from "./finding.js";
import { machineFindings } from "./machine.js";
import { atMinute } from "./moment.js";
import { checkedSource, type Source } from "./source.js";

export type { Finding };

/** The fallback's turn, and no trouble. */
const BY_DESIGN: readonly string[] = ["shadow", "control", "canary", "trial"];
/** Decisions per point that are looked at. */
const LOOKED_AT = 500;

/**
 * Everything a person should know about the installation and its data, each with what to do.
 * @example for (const { level, what, todo } of await examine({ loop }, await loop.getLearningStatus())) console.log(level, what, todo);
 */
export async function examine(source: Source, status: LearningStatus): Promise<Finding[]> {
  checkedSource(source);
  checkArgument(status, "status", { capture: "object", decisionPoints: "objects" }, "CONFIG_INVALID");
  return [
    ...(await machineFindings(source)),
    ...learning(source, status),
    ...storage(status),
    ...(await feedback(source, status)),
    ...(await decisionPoints(source, status)),
  ];
}

function learning({ loop }: Source, status: LearningStatus): Finding[] {
  const found: Finding[] = [];
  if (status.disabled)
    found.push({
      level: "bad",
      what: "Learning is switched off: graphs run bare and nothing is recorded",
      todo: "Unset LEARNING_DISABLED, or call loop.enable().",
    });
  if (status.lastCycle?.failed)
    found.push({
      level: "bad",
      what: `The last learning cycle failed: ${status.lastCycle.failed.message}`,
      todo: "Read the message; what serves is unchanged. Run collective-learning cycle once it is mended.",
    });
  for (const [name, c] of Object.entries(status.components))
    if (c.state === "failed")
      found.push({
        level: "bad",
        what: `${name} failed in the last cycle: ${c.lastError ?? c.message}`,
        todo: "The other parts went on. The next cycle tries again; the log has the details.",
      });
  if (!status.isLearning && !status.lastCycle && status.timers.length === 0)
    found.push({
      level: "warn",
      what: "No learning cycle has run yet, and no process keeps the timer",
      todo: "Call loop.startLearning() in your service, or run collective-learning cycle.",
    });
  for (const warning of status.warnings) {
    if (found.some((f) => f.what.includes(warning) || warning.includes(f.what))) continue;
    found.push({ level: "warn", what: warning, todo: remedyOf(warning) });
  }
  const { clock } = loop.inspect;
  if (Math.abs(Date.now() - clock.now()) > 300_000)
    found.push({
      level: "warn",
      what: `The loop's clock says ${atMinute(new Date(clock.now()).toISOString())}, this machine's another time`,
      todo: "This is meant for replays and tests; leave the option clock out in production.",
    });
  if (found.length === 0) found.push({ level: "ok", what: `${status.cyclesCompleted} learning cycles, none failing` });
  return found;
}

function remedyOf(warning: string): string {
  if (/rewards? hardly vary|saturated|top or the bottom/i.test(warning))
    return "Ask for finer judgements (CAT scores, ratings), or measure an outcome.";
  if (/have a reward|no reward|unrated/i.test(warning)) return "Collect feedback: the inbox has runs to judge.";
  if (/sample size|interval|overlap|little data/i.test(warning))
    return "Figures get firmer as more rated decisions come in; until then the gate waits.";
  if (/cannot be read/i.test(warning)) return "Restore the folder from a backup, or roll back to another version.";
  return "See the component it names on the page that shows it.";
}

function storage(status: LearningStatus): Finding[] {
  const found: Finding[] = [];
  const { health } = status;
  for (const p of health.problems)
    found.push({ level: "bad", what: `${p.message} (${p.count} times)`, todo: "The message says what can be done." });
  const unreadable = Object.entries(health.unreadable).filter(([, n]) => n > 0);
  if (unreadable.length > 0)
    found.push({
      level: "warn",
      what: `Records that cannot be read: ${unreadable.map(([kind, n]) => `${n} ${kind}`).join(", ")}`,
      todo: "They are set aside and hide no other; restore them from a backup if they matter.",
    });
  const { dropped, droppedBy, storeErrors, queued } = status.capture;
  if (dropped > 0)
    found.push({
      level: "bad",
      what: `${dropped} records were dropped: ${Object.entries(droppedBy)
        .filter(([, n]) => n > 0)
        .map(([why, n]) => `${n} ${why}`)
        .join(", ")}`,
      todo: "Give the store more speed or the buffer more room (capture options), or sample runs.",
    });
  if (storeErrors > 0)
    found.push({
      level: "warn",
      what: `${storeErrors} writes to the store failed; ${queued} records wait`,
      todo: "Check disk space, permissions and the connection; writes are repeated by themselves.",
    });
  const { storage: sizes } = status;
  if (found.length === 0 && sizes) {
    const mebibytes = ((sizes.traces + sizes.feedback + sizes.models) / 2 ** 20).toFixed(1);
    found.push({ level: "ok", what: `Storage is readable, ${mebibytes} MiB in all` });
  }
  return found;
}

async function feedback({ loop }: Source, status: LearningStatus): Promise<Finding[]> {
  const { store } = loop.inspect;
  for await (const { facts } of store.read("feedback", { latest: true, limit: 1 }))
    if (facts[0]) return [{ level: "ok", what: `Feedback comes in; the last at ${atMinute(facts[0].at)}` }];
  return status.decisionPoints.length === 0
    ? []
    : [
        {
          level: "bad",
          what: "No feedback has ever come in: there is nothing to learn from",
          todo: "Submit feedback or outcomes, or judge runs in the inbox (collective-learning review).",
        },
      ];
}

async function decisionPoints({ loop }: Source, status: LearningStatus): Promise<Finding[]> {
  const points = loop.inspect.points();
  if (points.length === 0)
    return [
      {
        level: "warn",
        what: "No decision point is declared: runs are traced, but no edge is learned",
        todo: "Use loop.router(...) on a conditional edge; collective-learning init writes one.",
      },
    ];
  const found: Finding[] = [];
  for (const { name, exploration } of points) {
    if (exploration === 0)
      found.push({
        level: "warn",
        what: `${name} explores nothing: what other ways would have earned cannot be known`,
        todo: "Set exploration above 0, such as 0.05.",
      });
    const reasons = new Map<string, number>();
    let decided = 0;
    const query = { decisionPoint: name, latest: true, limit: LOOKED_AT };
    for await (const { facts } of loop.inspect.store.read("decision", query))
      for (const d of facts) {
        decided++;
        const reason = d.fallbackReason;
        if (reason !== undefined && !BY_DESIGN.includes(reason)) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    const fell = [...reasons.values()].reduce((a, b) => a + b, 0);
    const serves = status.decisionPoints.find((p) => p.decisionPoint === name)?.champion !== undefined;
    if (serves && fell > 0.02 * decided)
      found.push({
        level: fell > 0.2 * decided ? "bad" : "warn",
        what: `${name} fell back in ${fell} of its last ${decided} decisions: ${[...reasons].map(([r, n]) => `${n} ${r}`).join(", ")}`,
        todo: "context-error: mend the context function; time-budget: the host is busy; unknown-destination: the graph changed.",
      });
    else if (decided > 0)
      found.push({ level: "ok", what: `${name} decides; its last ${decided} decisions are in order` });
  }
  return found;
}

let delays: ReturnType<typeof monitorEventLoopDelay> | undefined;

/** How late the event loop was since the first call, in milliseconds: the median and the worst of a hundred. */
export function eventLoopDelay(): { p50: number; p99: number } {
  if (!delays) {
    delays = monitorEventLoopDelay({ resolution: 20 });
    delays.enable();
  }
  const ms = (q: number) => Math.max(0, (delays?.percentile(q) ?? 0) / 1e6 - 20);
  return { p50: ms(50), p99: ms(99) };
}
