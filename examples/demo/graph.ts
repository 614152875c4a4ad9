import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import type { CollectiveLearningLoop } from "langgraph-collective-learning";
import { z } from "zod";
import { type Mail, type ParsedMail, parseMail } from "./mails.js";

/** The three ways a message can go. */
export const BRANCHES = ["deliver", "quarantine", "review"] as const;
export type Branch = (typeof BRANCHES)[number];

/** What a branch earns: a right delivery or quarantine 1, a wrong one 0, a person's look always 0.85. */
export function rewardOf(branch: Branch, mail: Mail): number {
  if (branch === "review") return 0.85;
  return (branch === "quarantine") === mail.spam ? 1 : 0;
}

/** The keyword router a team would write in ten lines; what runs until something better is proven. */
export function keywordRouter(mail: ParsedMail): Branch {
  const text = `${mail.subject} ${mail.text}`.toLowerCase();
  const words = [
    "viagra",
    "casino",
    "winner",
    "free!",
    "guarantee",
    "click here",
    "unsubscribe",
    "money",
    "credit",
    "offer",
  ];
  const hits = words.filter((w) => text.includes(w)).length;
  if (hits >= 2) return "quarantine";
  if (hits === 1 && mail.exclamations > 3) return "review";
  return "deliver";
}

const MailState = new StateSchema({
  raw: z.string(),
  mail: z.custom<ParsedMail>().optional(),
  sentTo: z.string().optional(),
});

/** parse -> (learned edge) -> deliver | quarantine | review, wrapped by the loop. */
export function buildMailGraph(loop: CollectiveLearningLoop, exploration: number) {
  const route = loop.router({
    decisionPoint: "mail",
    destinations: BRANCHES,
    context: ({ mail }: typeof MailState.State) => (mail ? { ...mail } : {}),
    fallback: ({ mail }: typeof MailState.State) => (mail ? keywordRouter(mail) : "review"),
    exploration,
  });
  const arrive = (name: Branch) => () => ({ sentTo: name });
  const graph = new StateGraph(MailState)
    .addNode("parse", ({ raw }) => ({ mail: parseMail(raw) }))
    .addNode("deliver", arrive("deliver"))
    .addNode("quarantine", arrive("quarantine"))
    .addNode("review", arrive("review"))
    .addEdge(START, "parse")
    .addConditionalEdges("parse", route, [...BRANCHES])
    .addEdge("deliver", END)
    .addEdge("quarantine", END)
    .addEdge("review", END)
    .compile();
  return loop.wrap(graph, { workflowType: "mail" });
}
