const HTML_CODES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as HTML text or attribute value: nothing in it is markup. */
export function escapeHtml(text: unknown): string {
  return String(text).replace(/[&<>"']/g, (c) => HTML_CODES[c] ?? c);
}

/** Text as a label of a Mermaid drawing: a quote would end it, a backtick make it Markdown, # start a code. */
export function escapeMermaid(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[#&"<>`\\;|]/g, (c) => `#${c.charCodeAt(0)};`);
}
