import { escapeHtml } from "../../core/escape.js";
/** What the form shows and asks. */
export interface FormOptions {
  /** Heading of the page (default "How was this result?"). */
  title?: string;
  /** CAT dimensions that can be rated (default creativity, usefulness, novelty, quality). */
  dimensions?: readonly string[];
  /** Language of the texts, for screen readers (default "en"). */
  lang?: string;
}

const DEFAULT_DIMENSIONS = ["creativity", "usefulness", "novelty", "quality"];

/** What is judged, as the host shows it. */
export interface JudgedRun {
  input?: string;
  output?: string;
}

/** The run above the form; nothing where the host shows none. */
function renderRun({ input, output }: JudgedRun): string {
  const part = (title: string, text: string | undefined) =>
    text === undefined || text === null
      ? ""
      : `<h2>${title}</h2><pre tabindex="0">${escapeHtml(typeof text === "string" ? text : JSON.stringify(text, null, 2))}</pre>`;
  return `${part("What was asked", input)}${part("What came of it", output)}`;
}

/** The rating form, with nothing chosen beforehand: plain HTML without scripts, every control labelled and reachable by keyboard. */
export function renderForm(token: string, options: FormOptions, judged?: JudgedRun | null): string {
  const { title = "How was this result?", dimensions = DEFAULT_DIMENSIONS } = options;
  const marks = Array.from({ length: 10 }, (_, i) => String(i + 1));
  const choices = ["", ...marks].map((v) => `<option value="${v}">${v || "no answer"}</option>`).join("");
  const rows = dimensions
    .map((name, i) => {
      const label = escapeHtml(name);
      return `<p><label for="d${i}">${label} (1 to 10)</label> <select id="d${i}" name="dimension:${label}">${choices}</select></p>`;
    })
    .join("\n");
  return page(
    title,
    options,
    `${renderRun(judged ?? {})}<form method="post" action="?">
<input type="hidden" name="token" value="${escapeHtml(token)}">
<p><label for="score">Overall, from 1 (poor) to 10 (excellent)</label>
<select id="score" name="score">${choices}</select></p>
<fieldset><legend>In detail, where you like</legend>
${rows}
</fieldset>
<p><label for="comment">Comment (optional)</label><br>
<textarea id="comment" name="comment" rows="4" maxlength="20000"></textarea></p>
<p><button type="submit">Send feedback</button></p>
</form>`,
  );
}

/** A page with one message: a `status`, or an `alert` that screen readers speak at once. */
export function renderMessage(
  title: string,
  message: string,
  options: FormOptions,
  role: "status" | "alert" = "status",
): string {
  return page(title, options, `<p role="${role}">${escapeHtml(message)}</p>`);
}

/** The one style of the pages; its hash is in their content security policy. */
export const FORM_STYLE =
  "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}" +
  "textarea{width:100%;box-sizing:border-box}pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid #999;padding:.5rem;max-height:20rem;overflow:auto}" +
  "select,button,textarea{font:inherit}button{padding:.5rem 1rem}:focus-visible{outline:3px solid #0b57d0;outline-offset:2px}";

function page(title: string, options: FormOptions, body: string): string {
  const safe = escapeHtml(title);
  return `<!doctype html>
<html lang="${escapeHtml(options.lang ?? "en")}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${safe}</title><style>${FORM_STYLE}</style></head>
<body><main><h1>${safe}</h1>
${body}
</main></body>
</html>`;
}
