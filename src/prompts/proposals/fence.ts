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

const THINKING = "think|thinking|thoughts?|reasoning|analysis|scratchpad";
/** Share of the longest text between tags from which another is a draft as well; what only names the tags is shorter. */
const A_DRAFT = 0.5;

/**
 * The message in an answer: the last draft between the tags asked for, in any case. The model's thinking is left out
 * (drafts there are no answers), and so is what only names the tags. `<prompt>` is understood as well as the tag
 * asked for, since models fall back into it; a message may contain that one, so all between the first and the last
 * counts.
 */
export function readFenced(answer: string, { tag }: Fence): Found {
  const drafts = draftsIn(answer, tag);
  const longest = drafts.reduce((most, { text }) => Math.max(most, text.length), 0);
  const last = drafts.findLast(({ text }) => text.length >= A_DRAFT * longest);
  if (last) return found(last, tag, answer);
  const said = answer.replace(new RegExp(`<(${THINKING})(?:\\s[^<>]*)?>[\\s\\S]*?(</\\1>|$)`, "gi"), "");
  const open = tag === "prompt" ? null : /<prompt>/i.exec(said);
  if (!open) return { fault: `no <${tag}> in ${said.trim().slice(0, 80) || "an empty answer"}` };
  const rest = said.slice(open.index + open[0].length);
  const close = rest.toLowerCase().lastIndexOf("</prompt>");
  return found({ text: close < 0 ? rest : rest.slice(0, close), closed: close >= 0 }, "prompt", said);
}

interface Draft {
  text: string;
  closed: boolean;
}

function found({ text, closed }: Draft, tag: string, answer: string): Found {
  if (!closed) return { fault: `<${tag}> is not closed, so the answer was cut: ${answer.trim().slice(0, 80)}` };
  return text.trim() ? { text: text.trim() } : { fault: `nothing between <${tag}> and </${tag}>` };
}

/** What stands between the tags, outside the model's thinking; tags of thinking within are part of the message. */
function draftsIn(answer: string, tag: string): Draft[] {
  let drafts: Draft[] = [];
  let opened = -1;
  let thought = "";
  for (const mark of answer.matchAll(new RegExp(`<(/?)\\s*(${tag}|${THINKING})(?:\\s[^<>]*)?>`, "gi"))) {
    const [all, slash, given = ""] = mark;
    const name = given.toLowerCase();
    if (thought) {
      if (slash && name === thought) thought = "";
    } else if (name === tag && !slash) opened = mark.index + all.length;
    else if (name === tag) {
      if (opened >= 0) drafts.push({ text: answer.slice(opened, mark.index).trim(), closed: true });
      opened = -1;
    } else if (opened < 0) {
      if (!slash) thought = name;
      // Some models begin to think without saying so.
      else drafts = [];
    }
  }
  return opened < 0 ? drafts : [...drafts, { text: answer.slice(opened).trim(), closed: false }];
}

/** What models put around a message although it is none of it. */
const WRAPPERS = [
  /^```[\w-]*\n((?:(?!\n```)[\s\S])*)\n```$/,
  /^<!\[CDATA\[([\s\S]*)\]\]>$/,
  /^<current>([\s\S]*)<\/current>$/i,
  /^<prompt>([\s\S]*)<\/prompt>$/i,
];

/** A new message without what it is wrapped in as a whole and the current one is not. */
export function unwrapped(text: string, current: string): string {
  for (const wrapper of WRAPPERS) {
    const [, inner] = (!wrapper.test(current.trim()) && wrapper.exec(text)) || [];
    if (inner?.trim()) return unwrapped(inner.trim(), current);
  }
  return text;
}
