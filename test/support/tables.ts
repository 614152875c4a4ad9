import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { exportParquet } from "langgraph-collective-learning/parquet";
import { createMemoryStore, type LearningStore } from "langgraph-collective-learning/store";
import { ticketOffice, triageGraph } from "./triage.js";

const DAYS = 3;

/** What is asked of the tables; numbers rounded to nine digits. */
export interface Told {
  runs: number;
  nodes: Record<string, number>;
  chosen: Record<string, { decisions: number; propensity: number }>;
  outcome: { judged: number; mean: number };
  topics: Record<string, number>;
  days: string[];
}

/** Runs and judges a graph, with an export after each day; the second day's loses its manifest at the end. */
export async function filled(folder: string, runs: number): Promise<{ store: LearningStore; exports: number }> {
  const store = createMemoryStore();
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const loop = await CollectiveLearningLoop.open({ store, clock, seed: 1 });
  const serve = ticketOffice(loop, triageGraph(loop), clock);
  const manifest = join(folder, "manifest.json");
  let noted = "";
  for (let day = 0; day < DAYS; day++) {
    clock.advance(Date.UTC(2026, 0, 1 + day) - clock.now());
    await serve(Math.ceil(runs / DAYS));
    await loop.flush();
    await exportParquet({ store, folder, factsPerPart: 400 });
    if (day === 0) noted = readFileSync(manifest, "utf8");
    if (day === 1) writeFileSync(manifest, noted);
  }
  await loop.close();
  return { store, exports: DAYS };
}

const rounded = (x: number) => Number(x.toFixed(9));

/** The same, counted from the facts themselves. */
export async function held(store: LearningStore): Promise<Told> {
  const told: Told = { runs: 0, nodes: {}, chosen: {}, outcome: { judged: 0, mean: 0 }, topics: {}, days: [] };
  const count = (counts: Record<string, number>, key: string) => {
    counts[key] = (counts[key] ?? 0) + 1;
  };
  const days = new Set<string>();
  for await (const { facts } of store.read("trace"))
    for (const { nodes } of facts) {
      told.runs += 1;
      for (const { name } of nodes) count(told.nodes, name);
    }
  for await (const { facts } of store.read("decision"))
    for (const { chosen, propensity = 0, context, at } of facts) {
      const so = told.chosen[chosen] ?? { decisions: 0, propensity: 0 };
      told.chosen[chosen] = { decisions: so.decisions + 1, propensity: so.propensity + propensity };
      count(told.topics, String(context.topic));
      days.add(at.slice(0, 10));
    }
  for await (const { facts } of store.read("feedback"))
    for (const { outcome } of facts)
      if (outcome !== undefined) {
        told.outcome.judged += 1;
        told.outcome.mean += outcome;
      }
  for (const one of Object.values(told.chosen)) one.propensity = rounded(one.propensity / one.decisions);
  told.outcome.mean = rounded(told.outcome.mean / told.outcome.judged);
  told.days = [...days].sort();
  return told;
}
