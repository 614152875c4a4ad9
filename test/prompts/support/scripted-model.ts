import { createRng, drawIndex } from "../../../src/math/rng.js";
import type { ChatModelLike, PromptContent, PromptExample, RunExample } from "../../../src/prompts/index.js";

/** What the scripted world rewards: each of these in the instructions is worth a quarter, in its segment. */
export const SECRETS = ["give an example", "cite the policy", "be brief", "ask back"];
const SEGMENTS = ["refund", "delivery", "account", "other"];

export function systemText(content: PromptContent): string {
  const [first] = content.messages;
  return first && "template" in first ? first.template : "";
}

/** Inputs of four segments; each segment cares most about one of the secrets. */
export function examples(count: number): PromptExample[] {
  return Array.from({ length: count }, (_, i) => ({
    variables: { question: `q${i}`, language: "en" },
    segment: SEGMENTS[i % SEGMENTS.length],
  }));
}

/** The known quality of a prompt: half from its segment's secret, the rest from the others. */
export const runExample: RunExample = async (template, example) => {
  const [system] = await template.formatMessages(example.variables);
  const has = SECRETS.map((s) => system?.text.includes(s) ?? false);
  const own = SEGMENTS.indexOf(example.segment as string);
  const score = has.reduce((s, h, i) => s + (h ? (i === own ? 0.4 : 0.2) : 0), 0);
  return { score, feedback: has[own] ? "good" : `customers wanted you to ${SECRETS[own]}`, usage: { tokens: 50 } };
};

/**
 * A scripted proposing model: usually takes one hint of the feedback up, sometimes changes something that
 * does not matter, forgets an instruction, or talks instead of answering.
 */
export function proposer(seed: number): ChatModelLike {
  const rng = createRng(`proposer${seed}`);
  return {
    async invoke(messages) {
      const question = messages.at(-1)?.[1] ?? "";
      const current = /<current>\n([\s\S]*?)\n<\/current>/.exec(question)?.[1] ?? "";
      const hinted = SECRETS.filter((s) => question.replace(current, "").includes(s) && !current.includes(s));
      const all = /criticised/.test(question);
      const what = drawIndex([0.7, 0.1, 0.1, 0.1], rng.next());
      const take = all ? hinted : hinted.slice(0, 1);
      const text = [
        `${current} ${take.map((s) => `Please ${s}.`).join(" ")}`.trim(),
        `${current} Thank you!`,
        SECRETS.reduce((t, s, i) => (i === rng.int(SECRETS.length) ? t.replace(` Please ${s}.`, "") : t), current),
        undefined,
      ][what];
      const content = text === undefined ? "Happy to help! What would you like?" : `<prompt>${text}</prompt>`;
      return { content, usage_metadata: { input_tokens: 100, output_tokens: 40 } };
    },
  };
}
