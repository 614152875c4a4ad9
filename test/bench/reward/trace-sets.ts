import { readFileSync } from "node:fs";
import { join } from "node:path";
import { foldsOf, type RewardSet } from "./sets.js";

interface Step {
  node: string;
  tool?: string;
  ok?: number;
  chars?: number;
  out_chars?: number;
}
interface AgentRun {
  task_type: string;
  task_id?: number;
  question?: string;
  strategy?: string;
  system?: string;
  trial?: number;
  steps: Step[];
  reward: number;
  error?: string;
  first_user_msg?: string;
}

/** What the first half of a run's steps looks like. */
function halfFeatures(run: AgentRun): Record<string, number | string> {
  const steps = run.steps.slice(0, Math.ceil(run.steps.length / 2));
  const of = (node: string) => steps.filter((s) => s.node === node);
  const chars = (list: Step[]) => list.reduce((a, s) => a + (s.chars ?? s.out_chars ?? 0), 0);
  const failed = steps.filter((s) => s.ok === 0).length;
  const features: Record<string, number | string> = {
    taskType: run.task_type,
    design: run.strategy ?? run.system ?? "",
    trial: run.trial ?? 0,
    steps: steps.length,
    failed,
    failedShare: steps.length > 0 ? failed / steps.length : 0,
    userTurns: of("user").length,
    userChars: chars(of("user")),
    agentTurns: of("agent").length,
    agentChars: chars(of("agent")),
    toolCalls: of("tool").length,
    toolChars: chars(of("tool")),
    distinctTools: new Set(steps.map((s) => s.tool ?? s.node)).size,
    repeats: steps.filter((s, i) => i > 0 && (s.tool ?? s.node) === (steps[i - 1]?.tool ?? steps[i - 1]?.node)).length,
    lookups: of("lookup").length,
    searches: of("search").length,
    firstMessageChars: (run.first_user_msg ?? run.question ?? "").length,
  };
  return features;
}

/** tau-bench (both domains) and HotpotQA runs, to be judged from the first half of their steps; grouped by task. */
export function traceSets(folder: string, seed = 1, k = 5): RewardSet[] {
  const read = (name: string) =>
    readFileSync(join(folder, "agent-traces", `${name}.jsonl`), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as AgentRun)
      .filter((r) => !r.error && r.steps.length > 1);
  const build = (set: string, runs: AgentRun[]): RewardSet => {
    const group = runs.map((r) => `${r.task_type}/${r.task_id ?? r.question}`);
    return {
      set,
      target: "reward",
      rows: runs.map(halfFeatures),
      y: runs.map((r) => r.reward),
      group,
      fold: foldsOf(group, k, seed),
    };
  };
  return [
    build("tau-bench", [...read("tau_airline_gpt4o"), ...read("tau_retail_4strategies")]),
    build("hotpotqa", read("hotpotqa_react")),
  ];
}
