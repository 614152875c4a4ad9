import type { CycleReport, LearningStatus, MeasuredImprovement } from "../loop/index.js";
import type { CliOutput } from "./command.js";

const TONES = { good: 32, warn: 33, bad: 31 } as const;

/** Words in a colour, on a screen that shows colours; the words say all by themselves. */
export function paint(text: string, tone: keyof typeof TONES, { colours }: Pick<CliOutput, "colours">): string {
  return colours ? `\x1b[${TONES[tone]}m${text}\x1b[0m` : text;
}

const signed = (v: number) => `${v >= 0 ? "+" : ""}${v.toFixed(4)}`;

function improvement(m: MeasuredImprovement): string {
  return `${signed(m.mean)} reward per decision (${Math.round(100 * m.level)} %: ${signed(m.lower)} to ${signed(m.upper)}, ${m.decisions} decisions; ${m.method})`;
}

/** One cycle in a few lines. */
export function cycleText(cycle: CycleReport): string {
  const head = `cycle ${cycle.cycle}: ${(cycle.durationMs / 1000).toFixed(1)} s${cycle.stopped ? ", stopped" : ""}${cycle.failed ? `, failed: ${cycle.failed.message}` : ""}`;
  const c = cycle.collected;
  const collected = c
    ? `  new: ${c.decisions} decisions, ${c.feedback} judgements, ${c.traces} trace segments`
    : undefined;
  const steps = cycle.steps.map((s) => `  ${s.component} [${s.state}, ${s.samples} samples] ${s.message}`);
  return [head, ...(collected ? [collected] : []), ...steps].join("\n");
}

/** Who keeps the timer, for a person. */
function timerText({ isLearning, timers }: Pick<LearningStatus, "isLearning" | "timers">): string {
  const others = timers.filter((t) => !t.isThis).map((t) => `process ${t.pid} on ${t.host}`);
  if (isLearning) return others.length > 0 ? `on the timer, as is ${others.join(", ")}` : "on the timer";
  return others.length > 0 ? `not on the timer here; ${others.join(", ")} keeps it` : "not on the timer";
}

/** The status as a page of text. */
export function statusText(status: LearningStatus): string {
  const lines = [
    `learning: ${timerText(status)}, ${status.cyclesCompleted} cycles completed${status.cyclesFailed > 0 ? `, ${status.cyclesFailed} failed` : ""}${status.nextCycleAt ? `, next ${status.nextCycleAt}` : ""}`,
    `improvement: ${status.averageImprovement ? improvement(status.averageImprovement) : "not measured yet"}`,
  ];
  for (const p of status.decisionPoints) {
    lines.push(
      `decision point ${p.decisionPoint}: mode ${p.mode}, ${p.champion ? `version ${p.champion} serves` : "the fallback serves"}${p.pinned ? " (pinned)" : ""}, ${p.decisions} decisions, ${p.rated} rated`,
    );
    if (p.verdict) lines.push(`  gate: ${p.verdict}`);
    for (const field of p.fields ?? []) lines.push(`  field ${field}`);
    if (p.improvement) lines.push(`  measured: ${improvement(p.improvement)}`);
  }
  for (const [name, c] of Object.entries(status.components))
    lines.push(`${name}: ${c.state}, ${c.samples} samples. ${c.message}`);
  lines.push(`storage: ${storageText(status.storage)}`);
  for (const w of status.warnings) lines.push(`warning: ${w}`);
  return lines.join("\n");
}

function storageText(sizes: LearningStatus["storage"]): string {
  if (!sizes) return "unknown";
  const mib = (n: number) => `${(n / 2 ** 20).toFixed(1)} MiB`;
  return `traces ${mib(sizes.traces)}, feedback ${mib(sizes.feedback)}, models ${mib(sizes.models)}`;
}

/** A moment to the minute, UTC. */
export const when = (iso: string) => iso.slice(0, 16).replace("T", " ");

/** Columns that stand under their heads. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((h, i) => Math.max(h.length, ...rows.map((r) => (r[i] ?? "").length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((c, i) => c.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(head), ...rows.map(line)].join("\n");
}
