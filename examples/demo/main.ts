/**
 * The whole loop on real mail: `npm run demo [-- --seed N] [--short] [--dir FOLDER] [--serve]`.
 * 6,046 messages of the SpamAssassin public corpus go through a LangGraph graph whose edge is
 * learned. Only the reward of the branch taken is ever seen. A second scene shows an agent that learns its tools, model
 * and prompt.
 */
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { CollectiveLearningLoop, renderReportHtml, systemClock } from "langgraph-collective-learning";
import { createDashboard } from "langgraph-collective-learning/dashboard";
import { toNodeListener } from "langgraph-collective-learning/feedback";
import { agentScene } from "./agents.js";
import { BRANCHES, type Branch, buildMailGraph, keywordRouter, rewardOf } from "./graph.js";
import { loadMails, parseMail } from "./mails.js";
import { progressBar } from "./progress.js";

const { values: args } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    short: { type: "boolean", default: false },
    dir: { type: "string" },
    report: { type: "string", default: "report.html" },
    serve: { type: "boolean", default: false },
    port: { type: "string", default: "4870" },
  },
});
const seed = Number(args.seed);
if (!Number.isInteger(seed)) throw new Error(`--seed: received ${args.seed}; expected a whole number`);
const started = performance.now();
const storagePath = resolve(args.dir ?? mkdtempSync(join(tmpdir(), "learning-demo-")));

const mails = loadMails(seed).slice(0, args.short ? 3000 : undefined);
const shadowCount = args.short ? 800 : 1000;
const stretch = args.short ? 400 : 600;
const judged = args.short ? 500 : 1000;

// Messages arrive a minute apart: with time as an argument, the same seed gives the same numbers.
let arrived = Date.UTC(2002, 8, 1);
const clock = { ...systemClock, now: () => arrived };
await using loop = await CollectiveLearningLoop.open({ storagePath, seed, clock });
const graph = buildMailGraph(loop, 0.1);

const taken: { branch: Branch; reward: number }[] = [];
let next = 0;
const workflowIdOf = (mail: { id: string | number }, at: number) => `mail-${mail.id}-${at}`;
/** Sends the next messages through the graph, one after the other, and reports what came of each. */
async function route(title: string, count: number): Promise<void> {
  const upTo = Math.min(next + count, mails.length);
  const bar = progressBar(title, upTo - next);
  const first = next;
  let outcomes: Promise<unknown>[] = [];
  for (; next < upTo; next++) {
    const mail = mails[next];
    arrived += 60_000;
    const workflowId = workflowIdOf(mail, next);
    const { sentTo } = await graph.invoke({ raw: mail.raw }, { metadata: { workflowId } });
    const branch = sentTo as Branch;
    const reward = rewardOf(branch, mail);
    taken.push({ branch, reward });
    outcomes.push(loop.feedback.submitOutcome(workflowId, reward));
    if (outcomes.length === 100) {
      await Promise.all(outcomes);
      outcomes = [];
    }
    bar.update(next - first + 1);
  }
  await Promise.all(outcomes);
  bar.finish();
}
async function learn(): Promise<boolean> {
  const cycle = await loop.triggerLearningCycle();
  for (const s of cycle.steps.filter((step) => step.component.startsWith("routing"))) console.log(`  ${s.message}`);
  const { decisionPoints } = await loop.getLearningStatus();
  return decisionPoints[0]?.champion !== undefined;
}

console.log(
  `Routing ${mails.length} messages, seed ${seed}\n\n1 shadow: the keyword router acts, one message in ten goes a random way`,
);
await route("  watching", shadowCount);
console.log("\n2 learning cycle and gate");
let isServing = await learn();
while (!isServing && next < mails.length - stretch) {
  console.log("  not proven yet: watching on");
  await route("  watching", Math.floor(stretch / 2));
  isServing = await learn();
}
console.log("\n3 act: what was proven steers the edge, and goes on learning");
while (next < mails.length) {
  await route("  acting", stretch);
  if (next < mails.length) await learn();
}

const last = mails.slice(-judged);
const mean = (values: number[]) => values.reduce((s, v) => s + v, 0) / values.length;
const fallback = mean(last.map((m) => rewardOf(keywordRouter(parseMail(m.raw)), m)));
const alwaysReview = mean(last.map((m) => rewardOf("review", m)));
const oracle = mean(last.map((m) => Math.max(...BRANCHES.map((b) => rewardOf(b, m)))));
const learned = mean(taken.slice(-judged).map((t) => t.reward));
const best = Math.max(fallback, alwaysReview);
const share = (value: number) => (value - best) / (oracle - best);
const gapClosed = share(learned);
// Some runs are left to chance, to the rule and to what is on trial, to learn and to compare.
const servings = await Promise.all(
  last.map(async (mail, i) => {
    const [decision] = await loop.getDecisions(workflowIdOf(mail, mails.length - judged + i));
    const { candidates, probabilities = [], trial } = decision!;
    const likeliest = candidates[probabilities.indexOf(Math.max(...probabilities))];
    return rewardOf((trial?.serving ?? likeliest) as Branch, mail);
  }),
);
const serving = mean(servings);

const report = await loop.createReport();
const rows: [string, number][] = [
  ["fallback (keyword router)", fallback],
  ["always review", alwaysReview],
  ["learned, as the messages went", learned],
  ["what serves, without those left to compare", serving],
  ["oracle", oracle],
];
report.title = "What the mail graph learned";
report.tables.push({
  heading: `Mean reward over the last ${judged} messages`,
  columns: ["", "mean reward"],
  rows: rows.map(([n, v]) => [n, v.toFixed(4)]),
});
const reportFile = resolve(args.report);
writeFileSync(reportFile, renderReportHtml(report));

const seconds = (performance.now() - started) / 1000;
console.log(`\nMean reward over the last ${judged} messages`);
for (const [name, value] of rows) console.log(`  ${name.padEnd(38)} ${value.toFixed(4)}`);
console.log(`  share of the gap closed                ${(100 * gapClosed).toFixed(1)} %`);
console.log(`  seconds                                ${seconds.toFixed(1)}`);
const advance = (ms: number) => {
  arrived += ms;
};
await agentScene({ loop, advance, seed, isShort: args.short });
console.log(`\ndata    ${storagePath}\nreport  ${reportFile}`);
const round = (v: number) => Math.round(v * 1e4) / 1e4;
console.log(
  `DEMO ${JSON.stringify({ seed, fallback: round(fallback), alwaysReview: round(alwaysReview), learned: round(learned), oracle: round(oracle), serving: round(serving), gapClosed: round(gapClosed), gapClosedServing: round(share(serving)), seconds: round(seconds) })}`,
);
if (args.serve) {
  const dashboard = createDashboard(loop);
  const server = createServer(toNodeListener(dashboard)).listen(Number(args.port), "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  console.log(`\nThe dashboard of these data: http://127.0.0.1:${port}/?token=${dashboard.token}\nCtrl-C ends it.`);
  await once(process, "SIGINT");
  server.close();
  server.closeAllConnections();
}
