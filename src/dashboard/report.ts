import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { checkArgument } from "../core/arguments.js";
import { escapeHtml } from "../core/escape.js";
import { LearningError, messageOf } from "../core/index.js";
import type { LearningReport } from "../loop/index.js";
import { BUILT } from "./web/built.js";

interface Built {
  style: string;
  renderReport(report: LearningReport): string;
}

let built: Built | undefined;

/** What the build bundled of the dashboard's parts, read at the first report. */
function parts(): Built {
  try {
    const { style } = JSON.parse(readFileSync(new URL("app.json", BUILT), "utf8")) as Built;
    const { renderReport } = createRequire(import.meta.url)(fileURLToPath(new URL("report.cjs", BUILT))) as Built;
    return { style, renderReport };
  } catch (cause) {
    throw new LearningError("CONFIG_INVALID", {
      received: `no parts of the report (${messageOf(cause)})`,
      expected: "the files app.json and report.cjs in dist/dashboard of this package",
      remedy:
        "Keep the package out of your bundle (serverExternalPackages and the like), or build it with npm run build.",
      cause,
    });
  }
}

/**
 * The report as one HTML page that needs nothing from outside and no script, made of the dashboard's own parts: the
 * gain, the reward of each decision point over time, what was promoted and why, and what pushes towards each
 * destination. Times are in UTC.
 * @throws CONFIG_INVALID where the package was bundled without its files
 * @example
 * import { writeFile } from "node:fs/promises";
 *
 * await writeFile("report.html", renderReportHtml(await loop.createReport()));
 */
export function renderReportHtml(report: LearningReport): string {
  checkArgument(
    report,
    "report",
    { title: "text", createdAt: "text", points: "objects", tables: "objects" },
    "CONFIG_INVALID",
  );
  built ??= parts();
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(report.title)}</title><style>${built.style}</style></head>
<body>${built.renderReport(report)}</body></html>
`;
}
