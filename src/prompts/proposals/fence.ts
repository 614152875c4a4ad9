/** The tag that a new message is asked for between. */
export interface Fence {
  tag: string;
}

/** A tag that the current message does not contain, so that the new one, which resembles it, is not cut short. */
export function fenceFor(current: string): Fence {
  let tag = "prompt";
  for (let n = 2; new RegExp(`</?${tag}\\b`, "i").test(current); n++) tag = `new-prompt-${n}`;
  return { tag };
}

/** What an answer holds, or why nothing can be taken from it. */
export type Found = { text: string } | { fault: string };

/**
 * The message in an answer: what stands between the first opening and the last closing tag, in any case, once
 * the model's thinking is left out (drafts there are no answers). `<prompt>` is understood as well as the tag
 * asked for, since models fall back into it.
 */
export function readFenced(answer: string, { tag }: Fence): Found {
  const said = answer.replace(/<(think|thinking|reasoning)>[\s\S]*?(<\/\1>|$)/gi, "");
  for (const name of new Set([tag, "prompt"])) {
    const open = new RegExp(`<${name}>`, "i").exec(said);
    if (!open) continue;
    const rest = said.slice(open.index + open[0].length);
    const close = rest.toLowerCase().lastIndexOf(`</${name}>`);
    if (close < 0) return { fault: `<${name}> is not closed, so the answer was cut: ${said.slice(0, 80)}` };
    const text = rest.slice(0, close).trim();
    return text ? { text } : { fault: `nothing between <${name}> and </${name}>` };
  }
  return { fault: `no <${tag}> in ${said.slice(0, 80)}` };
}
