import { escapeHtml } from "../../core/escape.js";
import type { CurvePoint, DestinationReport, FeaturePush, LearningReport, PointReport } from "./types.js";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec"];

/** A moment as people write it: 28 Nov 2026, 08:19 UTC. */
function moment(iso: string): string {
  const at = new Date(iso);
  if (Number.isNaN(at.getTime())) return iso;
  return `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}, ${at.toISOString().slice(11, 16)} UTC`;
}

const signed = (value: number) => `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(3)}`;
const figure = (value: number, digits = 3) => (Number.isFinite(value) ? value.toFixed(digits) : "-");

/**
 * The report as one HTML page that needs nothing from outside: the reward of each decision point
 * over time, what was promoted and why, and the features that push towards each destination.
 * @example
 * import { writeFile } from "node:fs/promises";
 *
 * await writeFile("report.html", renderReportHtml(await loop.createReport()));
 */
export function renderReportHtml(report: LearningReport): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(report.title)}</title><style>${STYLE}</style></head>
<body><main><h1>${escapeHtml(report.title)}</h1><p class="quiet">${escapeHtml(moment(report.createdAt))}</p>
${headline(report)}
${report.tables.map(table).join("\n")}
${report.points.length ? report.points.map(point).join("\n") : "<p>No decision point has been declared yet.</p>"}
</main></body></html>
`;
}

/** The gain first: it is what a reader came for. */
function headline({ improvement: i }: LearningReport): string {
  if (!i) return `<p class="gain"><b>No gain was measured yet.</b></p>`;
  const tone = i.lower > 0 ? "good" : i.upper < 0 ? "bad" : "";
  return `<p class="gain"><b class="${tone}">${signed(i.mean)}</b> reward per decision over the fallback</p>
<p class="quiet">${signed(i.lower)} to ${signed(i.upper)} at ${Math.round(100 * i.level)} %, from ${i.decisions} decisions. ${escapeHtml(i.method)}.</p>`;
}

function table(t: LearningReport["tables"][number]): string {
  const cell = (v: string | number) =>
    typeof v === "number" ? `<td class="n">${escapeHtml(v)}</td>` : `<td>${escapeHtml(v)}</td>`;
  return `<section><h2>${escapeHtml(t.heading)}</h2><table><thead><tr>${t.columns.map((c) => `<th>${escapeHtml(c)}</th>`).join("")}</tr></thead>
<tbody>${t.rows.map((r) => `<tr>${r.map(cell).join("")}</tr>`).join("")}</tbody></table></section>`;
}

function point(p: PointReport): string {
  const serving = p.champion ? `version ${escapeHtml(p.champion)} serves` : "the fallback serves";
  const events = p.events.filter((e) => e.action !== "publish");
  return `<section><h2>Decision point ${escapeHtml(p.decisionPoint)}</h2>
<p>${p.decisions} decisions, ${p.rated} of them with a reward; ${serving}.</p>
${p.curve.length > 1 ? curve(p.curve, events) : "<p>Too few rewards for a curve yet.</p>"}
${events.length ? `<h3>What changed, and why</h3><ol>${events.map((e) => `<li><time datetime="${escapeHtml(e.at)}">${escapeHtml(moment(e.at))}</time> <b>${escapeHtml(`${SAID[e.action] ?? e.action} ${e.version ?? "the fallback"}`)}</b>: ${escapeHtml(e.reason)}</li>`).join("")}</ol>` : ""}
${p.destinations.length ? `<h3>What pushes towards each destination</h3><div class="cards">${p.destinations.map((d) => destination(d, mostOf(p.destinations))).join("")}</div>` : ""}
</section>`;
}

/** What happened to a version, in words. */
const SAID: Record<string, string> = {
  promote: "promoted",
  rollback: "rolled back to",
  pin: "pinned",
  unpin: "unpinned",
};

const W = 860;
const H = 260;
const PAD = { left: 46, right: 12, top: 44, bottom: 34 };

function curve(points: readonly CurvePoint[], events: PointReport["events"]): string {
  const t = points.map((p) => p.count);
  const total = t.reduce((a, b) => a + b, 0);
  let seen = 0;
  const at = points.map((p) => {
    const x = PAD.left + ((seen + p.count / 2) / total) * (W - PAD.left - PAD.right);
    seen += p.count;
    return x;
  });
  const low = Math.max(0, Math.min(...points.map((p) => p.mean - 2 * p.standardError)));
  const high = Math.min(1, Math.max(...points.map((p) => p.mean + 2 * p.standardError)));
  const span = Math.max(high - low, 1e-6);
  const y = (v: number) => PAD.top + (1 - (Math.min(high, Math.max(low, v)) - low) / span) * (H - PAD.top - PAD.bottom);
  const pair = (v: (p: CurvePoint) => number) => points.map((p, i) => `${at[i]?.toFixed(1)},${y(v(p)).toFixed(1)}`);
  const band = [...pair((p) => p.mean + 2 * p.standardError), ...pair((p) => p.mean - 2 * p.standardError).reverse()];
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((s) => low + s * span);
  const marks = events
    .filter((e) => e.action === "promote" || e.action === "rollback")
    .map((e, n) => {
      // Words stand above the curve, in rows, so that they lie neither on it nor on each other.
      const top = PAD.top - 6 - 12 * (n % 3);
      const i = points.findIndex((p) => p.to >= e.at);
      const x = i < 0 ? W - PAD.right : at[i];
      const label = e.action === "promote" ? `${e.version} serves` : `back to ${e.version ?? "the fallback"}`;
      const right = x > W - 120;
      const text = `<text x="${x + (right ? -5 : 5)}" y="${top}" text-anchor="${right ? "end" : "start"}">${escapeHtml(label)}</text>`;
      return `<line class="${e.action}" x1="${x}" x2="${x}" y1="${top - 8}" y2="${H - PAD.bottom}"/>${text}`;
    });
  return `<svg viewBox="0 0 ${W} ${H}" role="img" aria-label="Mean reward over time, from ${figure(points[0]?.mean ?? 0)} to ${figure(points.at(-1)?.mean ?? 0)}">
${ticks.map((v) => `<line class="grid" x1="${PAD.left}" x2="${W - PAD.right}" y1="${y(v)}" y2="${y(v)}"/><text x="${PAD.left - 6}" y="${y(v) + 4}" text-anchor="end">${figure(v, 2)}</text>`).join("")}
${marks.join("")}<polygon class="band" points="${band.join(" ")}"/><polyline class="curve" points="${pair((p) => p.mean).join(" ")}"/>
${points.map((p, i) => `<circle class="${p.policyShare > 0.5 ? "policy" : "fallback"}" cx="${at[i]?.toFixed(1)}" cy="${y(p.mean).toFixed(1)}" r="3.5"><title>${escapeHtml(`${p.count} decisions to ${moment(p.to)}: mean ${figure(p.mean)} +- ${figure(2 * p.standardError)}`)}</title></circle>`).join("")}
<text x="${PAD.left}" y="${H - 8}">reward per decision, oldest to newest; filled: the policy decided; upright lines: promotion (solid), roll-back (dashed); band: two standard errors</text></svg>`;
}

/** Features that say something: named, and not a bucket of rare words that share a number. */
function named(pushes: readonly FeaturePush[]): FeaturePush[] {
  return pushes.filter((f) => f.feature.trim() !== "" && !/rare words #|=\s*$/i.test(f.feature));
}

/** The strongest push of a point: all its bars are drawn on this scale, so that lengths can be compared. */
function mostOf(destinations: readonly DestinationReport[]): number {
  const pushes = destinations.flatMap((d) => named([...d.towards, ...d.away]));
  return Math.max(1e-9, ...pushes.map((f) => Math.abs(f.push)));
}

function destination(d: DestinationReport, most: number): string {
  const reward = d.meanReward === undefined ? "no reward seen" : `mean reward ${figure(d.meanReward)}`;
  return `<article><h4>${escapeHtml(d.name)}</h4><p class="quiet">${figure(100 * d.share, 1)} % of decisions, ${reward}</p>
${bars("towards", d.towards, most)}${bars("away", d.away, most)}</article>`;
}

function bars(kind: "towards" | "away", pushes: readonly FeaturePush[], most: number): string {
  const shown = named(pushes);
  if (shown.length === 0) return "";
  const row = (f: FeaturePush) =>
    `<tr><td>${escapeHtml(f.feature)}</td><td class="bar"><span class="${kind}" style="width:${((100 * Math.abs(f.push)) / most).toFixed(1)}%"></span></td><td class="n">${signed(f.push)}</td><td class="n quiet" title="decisions with it">${f.count}</td></tr>`;
  return `<table><caption>${kind === "towards" ? "pushes towards it" : "pushes away from it"}</caption><tbody>${shown.map(row).join("")}</tbody></table>`;
}

const STYLE = `
:root{color-scheme:light dark;--ink:light-dark(#1b1f24,#e6e8eb);--quiet:light-dark(#667080,#98a2b0);--line:light-dark(#d8dde4,#3a414b);--good:#2f7d4f;--bad:#b4472f;--blue:light-dark(#2a62b8,#7fb0ff)}
body{margin:0;font:15px/1.5 system-ui,sans-serif;color:var(--ink)}main{max-width:900px;margin:auto;padding:24px}
.gain{font-size:18px;margin:8px 0 0}.gain b{font-size:34px}.good{color:var(--good)}.bad{color:var(--bad)}td{overflow-wrap:anywhere}@media(max-width:600px){main{padding:14px}svg{min-width:560px}section{overflow-x:auto}}
h2{border-bottom:1px solid var(--line);padding-bottom:4px}.quiet,time{color:var(--quiet)}
table{border-collapse:collapse;width:100%}td,th{padding:2px 8px 2px 0;text-align:left}.n{text-align:right;font-variant-numeric:tabular-nums}caption{text-align:left;color:var(--quiet)}
svg{width:100%;height:auto;font:11px system-ui}svg text{fill:var(--quiet)}.grid{stroke:var(--line)}.curve{fill:none;stroke:var(--blue);stroke-width:2}.band{fill:var(--blue);opacity:.15}
circle{stroke:var(--blue);stroke-width:2}circle.policy{fill:var(--blue)}circle.fallback{fill:Canvas}.promote{stroke:var(--good);stroke-width:2}.rollback{stroke:var(--bad);stroke-width:2;stroke-dasharray:5 4}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(260px,1fr));gap:20px}.bar{width:40%}.bar span{display:block;height:9px}.towards{background:var(--good)}.away{background:var(--bad)}`;
