import type { CollectiveLearningLoop } from "langgraph-collective-learning";
import { createDashboard } from "langgraph-collective-learning/dashboard";
import { collectGarbage } from "../../support/collect-garbage.js";
import { median, round } from "../support/bench.js";
import { idOf, TEAMS, TYPES, timeOf } from "./facts.js";

/** Memory that is held, after everything else was collected. */
function heldMiB(): number {
  collectGarbage();
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}

/** How long the dashboard's server takes over a loop's runs, and what paging through them holds. */
export async function measure(loop: CollectiveLearningLoop, runs: number, quick: boolean) {
  const dashboard = createDashboard(loop);
  const headers = { authorization: `Bearer ${dashboard.token}` };
  const ask = async (path: string): Promise<{ ms: number; text: string }> => {
    const started = performance.now();
    const response = await dashboard(new Request(`http://localhost:1${path}`, { headers }));
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return { ms: performance.now() - started, text };
  };
  const times = quick ? 9 : 21;
  const each = (path: (i: number) => string) => Array.from({ length: times }, (_, i) => path(i));
  /** The median of pages of runs, and of how many are full: the others say how far they looked, and go on. */
  const pages: Record<string, number> = {};
  const partial: string[] = [];
  const timed = async (paths: string[]) => {
    const all: number[] = [];
    for (const path of paths) all.push((await ask(path)).ms);
    return round(median(all), 1);
  };
  const filtered = async (name: string, path: (i: number) => string) => {
    const asked = each((i) => `/api/runs?${path(i)}`);
    pages[`${name}Ms`] = await timed(asked);
    const { complete, runs: found } = JSON.parse((await ask(asked[0] ?? "")).text) as { complete: boolean; runs: [] };
    if (!complete) partial.push(`${name} (${found.length} so far)`);
  };
  const cold = await ask("/api/overview");
  const firstScreenMs = await timed(each(() => "/api/overview"));
  const newestRunsMs = await timed(each(() => "/api/runs"));
  const day = (i: number) => timeOf(Math.floor((runs * (i + 1)) / (times + 2)));
  await filtered("filteredByType", (i) => `type=${TYPES[i % 4]}&status=error`);
  await filtered("filteredByTime", (i) => `to=${day(i)}`);
  await filtered("filteredByDestination", (i) => `destination=${TEAMS[i % 3]}`);
  await filtered("filteredByRareDestination", () => "destination=legal");
  await filtered("filteredByRareVersion", () => "version=v2");
  await filtered("filteredByText", () => "text=vip");
  await filtered("filteredByRareText", () => "text=escalat");
  await filtered("filteredByMissingText", () => "text=nowhere");
  await filtered("filteredByRunId", (i) => `text=${idOf(Math.floor((runs * i) / times))}`);
  await filtered("filteredByReward", () => "minReward=0.6");
  await filtered("filteredByRareReward", () => "maxReward=0.02");
  await filtered("filteredByMissingReward", () => "minReward=0.99");
  await filtered("filteredByNarrowReward", () => "minReward=0.6&maxReward=0.605");
  await filtered("filteredByEdge", () => "edge=triage>tech");
  await filtered("filteredByRareEdge", () => "edge=triage>legal");
  await filtered("filteredByRareFailure", () => "failed=legal");
  const others = {
    oneRunMs: await timed(each((i) => `/api/run?id=${idOf(Math.floor((runs * i) / times))}`)),
    inboxMs: await timed(each(() => "/api/inbox").slice(0, 5)),
    graphMs: await timed(each(() => "/api/graph").slice(0, 5)),
  };
  if (partial.length > 0) console.log(`shown in part within their time: ${partial.join(", ")}`);
  let cursor = "";
  let paged = 0;
  const memory: number[] = [];
  for (; paged < (quick ? 60 : 600); paged++) {
    const { text } = await ask(`/api/runs?${paged % 2 ? "" : "status=success"}${cursor && `&cursor=${cursor}`}`);
    cursor = (JSON.parse(text) as { cursor?: string }).cursor ?? "";
    if (paged % 10 === 9) memory.push(heldMiB());
    if (!cursor) break;
  }
  const third = Math.floor(memory.length / 3);
  return {
    firstScreenColdMs: round(cold.ms, 1),
    firstScreenMs,
    newestRunsMs,
    ...pages,
    ...others,
    worstPageMs: Math.max(newestRunsMs, ...Object.values(pages)),
    partialPages: partial.length,
    pages: paged,
    heldMiB: round(median(memory.slice(-third)), 1),
    heapGrowthMiB: round(median(memory.slice(-third)) - median(memory.slice(0, third)), 2),
  };
}
