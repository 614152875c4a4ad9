import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { escapeHtml } from "../../core/escape.js";
import { LearningError, messageOf } from "../../core/index.js";
import { BUILT } from "./built.js";

/** The page's two parts, as the build bundled them. */
interface AppParts {
  script: string;
  style: string;
}

let parts: Promise<AppParts> | undefined;

/** Reads what the build bundled, once. @throws CONFIG_INVALID where the package was not built */
function appParts(): Promise<AppParts> {
  parts ??= readFile(new URL("app.json", BUILT), "utf8")
    .then((text) => JSON.parse(text) as AppParts)
    .catch((cause) => {
      parts = undefined;
      throw new LearningError("CONFIG_INVALID", {
        received: `no dashboard page (${messageOf(cause)})`,
        expected: "the file dist/dashboard/app.json of this package",
        remedy:
          "Keep the package out of your bundle (serverExternalPackages and the like), or build it with npm run build.",
        cause,
      });
    });
  return parts;
}

/** The page as one HTML document; `base` is where it is mounted, with a slash at its end. */
export async function renderPage(base: string): Promise<string> {
  const { script, style } = await appParts();
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>Collective learning</title><style>${style}</style></head>
<body><div id="app" data-base="${escapeHtml(base)}"></div><noscript>This page needs JavaScript; \`collective-learning status\` says the same as text.</noscript><script>${script}</script></body></html>
`;
}

/** Allows the page's own script and style by their hashes, and nothing else. */
export async function pagePolicy(): Promise<string> {
  const { script, style } = await appParts();
  const hash = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
