/**
 * Writes the storage folder of the installed release as a fixture: `tsx test/compat/write-folder.ts [--out FOLDER]`.
 * It makes `folder-VERSION.tar.gz` and `expected-VERSION.json`, what that release itself answers over the folder.
 * To make one of an earlier release, copy this folder into a checkout of it, and run it there. Ids are random, so that
 * no two runs write the same bytes; everything else follows from the seeds.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { CollectiveLearningLoop, ManualClock, UserFeedback } from "langgraph-collective-learning";
import { createPolicy, type PolicySpec } from "langgraph-collective-learning/policies";
import { answersOf } from "./answers.js";
import { AGENTS, approvalGraph, drawsFrom, rewardOf, sentinelGraph, ticket, ticketGraph } from "./scene.js";

const { values: args } = parseArgs({ options: { out: { type: "string", default: import.meta.dirname } } });
const { version: release } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const work = mkdtempSync(join(tmpdir(), "write-folder-"));
const storagePath = join(work, "folder");
const clock = new ManualClock(Date.UTC(2026, 1, 2));
const minutes = (n: number) => clock.advance(n * 60_000);
const random = drawsFrom(1);
// With so few ratings the first cycle is for the reward model alone.
let loop = await CollectiveLearningLoop.open({ storagePath, clock, seed: 1, minSamplesForLearning: 100 });

const answer = (system: string) =>
  ChatPromptTemplate.fromMessages([
    ["system", system],
    ["human", "{question}"],
  ]);
await loop.prompts.register("answer", answer("Answer the customer."));
await loop.prompts.register("answer", answer("Answer the customer in one sentence."));
await loop.prompts.register("answer", answer("Answer the customer kindly."));
await loop.prompts.startExperiment({
  promptId: "answer",
  variants: ["v1", "v2"],
  allocation: "thompson",
  sticky: "run",
  stratifyBy: ["topic"],
});
await loop.prompts.register("greeting", ChatPromptTemplate.fromMessages([["human", "Hello {name}"]]));
await loop.prompts.register("greeting", ChatPromptTemplate.fromMessages([["human", "Good day, {name}"]]));
await loop.registry.pin("prompt/greeting", "v1", "as the brand wants it");

let tickets = ticketGraph(loop);
let count = 0;
/** What came of the tickets, in their order. */
const results: Awaited<ReturnType<typeof tickets.run>>[] = [];
/** Tickets a quarter of an hour apart. */
async function serve(runs: number): Promise<void> {
  for (const end = count + runs; count < end; count++) {
    minutes(15);
    results.push(await tickets.run(ticket(count, random), `ticket-${count}`));
  }
}

// The reward model is learned from one run in five, and of the reward alone: with all of them and every dimension it
// would be ten times as large. The other ratings come later, about older runs, so that no new fit is due.
const early = (n: number) => n % 5 === 4;
const RATERS = ["alice", "bob", "carol"];
/** Most tickets are judged: by what came of them, by a person, or by both. */
async function judge(n: number): Promise<void> {
  if (n % 10 === 3) return;
  const workflowId = `ticket-${n}`;
  const reward = rewardOf(results[n]!, random);
  if (n % 3 > 0) await loop.feedback.submitOutcome(workflowId, reward);
  if (n % 3 === 1) return;
  const judgement = new UserFeedback(workflowId, RATERS[(n % 7) % RATERS.length]!);
  judgement.addCatScore(1 + 9 * reward, early(n) ? {} : { usefulness: 1 + 9 * reward });
  if (!early(n)) judgement.setRatings({ satisfaction: reward });
  if (n % 6 === 0) judgement.setComment(reward > 0.5 ? "solved at once" : "sent to the wrong desk");
  if (n % 7 === 0) judgement.addTags("survey");
  const { feedbackId } = await loop.feedback.submitFeedback(judgement);
  if (n % 30 > 0) return;
  judgement.revises(feedbackId).setComment("on second thoughts: right").withKey(`second-${n}`);
  await loop.feedback.submitFeedback(judgement);
}

await serve(240);
for (let n = 0; n < count; n++) if (early(n)) await judge(n);
await loop.triggerLearningCycle();
for (let n = 0; n < count; n++) if (!early(n)) await judge(n);
await loop.close();
loop = await CollectiveLearningLoop.open({ storagePath, clock, seed: 1 });
tickets = ticketGraph(loop);
await loop.triggerLearningCycle();
const before = count;
await serve(30);
for (let n = before; n < count; n++) await judge(n);

// All that people can do with a run besides.
const { feedback } = loop;
await feedback.submitFeedback(new UserFeedback("ticket-3", "dave").thumbsUp().prefer("better", "ticket-13"));
await feedback.submitFeedback(new UserFeedback("ticket-23", "dave").thumbsDown().setCorrection("a refund"));
const [decision] = await loop.getDecisions("ticket-33");
await feedback.submitOutcome("ticket-33", 0.9, { decisionId: decision!.decisionId, measuredBy: "desk" });
const mistaken = await feedback.submitFeedback(new UserFeedback("ticket-43", "dave").thumbsUp());
await feedback.submitFeedback(new UserFeedback("ticket-43", "dave").withdraws(mistaken.feedbackId));
const pay = approvalGraph(loop);
for (let n = 0; n < 3; n++) await pay(`thread-${n}`, 100 * n);

// A Sentinel: one policy is promoted by hand, another, trained in simulation, waits for the gate.
const sentinel = sentinelGraph(loop, clock);
async function orchestrate(from: number, to: number): Promise<void> {
  await sentinel.ready();
  for (let n = from; n < to; n++) {
    minutes(15);
    await sentinel.run(`atlas-${n}`);
    await feedback.submitFeedback(new UserFeedback(`atlas-${n}`, "erin").setRatings({ satisfaction: 0.4 + n / 20 }));
  }
}
const training = {
  agents: AGENTS,
  workflowType: "atlas",
  algorithm: { kind: "ppo", hidden: [8], epochs: 2, learningRate: 0.01 },
  totalSteps: 1024,
  evaluateEvery: 512,
  comparisonEpisodes: 10,
} as const;
await orchestrate(0, 6);
const { artifact } = await loop.trainOrchestrator({ ...training, seed: 1 });
// With a temperature it answers with probabilities between 0 and 1, which say more about how it was read.
const policy = createPolicy({ ...(artifact.policy.spec as PolicySpec & { kind: "network" }), temperature: 1 });
const byHand = { ...artifact, policy: policy.snapshot() };
const { version } = await loop.registry.publish("policy/sentinel", "routing-policy", byHand, { rows: 0 });
await loop.registry.promote("policy/sentinel", version, "by hand");
await orchestrate(6, 8);
await loop.triggerLearningCycle();
// Doing little pays under these weights, so that a few steps of training beat the baseline.
const thrift = { completion: 0, satisfaction: 0, tokens: 500 };
const aside = await loop.trainOrchestrator({ ...training, reward: thrift, seed: 2 });
if (aside.version === undefined) throw new Error("the training did not beat the baseline");

await loop.erase({ workflowId: "ticket-7" });
for (const n of [53, 63, 73]) await feedback.requestFeedback(`ticket-${n}`, "frank");
await feedback.considerRequest({ workflowId: "ticket-83", userId: "grace", expectedReward: 0.95 });
await feedback.considerRequest({ workflowId: "ticket-93", userId: "grace", expectedReward: 0.2 });
// Modes come last: the backup of their document, which the lease of learning is in too, then names no process.
await loop.setMode("follow-up", "advise");
await loop.setMode("tone", "act");
await loop.close();

// GNU tar: others cannot sort names. Owners, times and rights are those of nobody's machine.
const fixed = [
  "--sort=name",
  "--mtime=2026-02-02 00:00Z",
  "--owner=0",
  "--group=0",
  "--numeric-owner",
  "--mode=u=rwX,go=",
];
const archive = execFileSync("tar", [...fixed, "-C", work, "-cf", "-", "folder"], { maxBuffer: 2 ** 28 });
writeFileSync(join(args.out, `folder-${release}.tar.gz`), gzipSync(archive, { level: 9 }));

const copy = join(work, "copy");
cpSync(storagePath, copy, { recursive: true });
const { answers, loop: reopened, complaints } = await answersOf(copy, clock.now());
await reopened.close();
if (complaints.length > 0) throw new Error(complaints.join("\n"));
writeFileSync(join(args.out, `expected-${release}.json`), `${JSON.stringify(answers, null, 2)}\n`);
rmSync(work, { recursive: true });
