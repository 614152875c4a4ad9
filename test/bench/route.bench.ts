/**
 * Microseconds of one routing decision, log entry included, through the Runnable that a graph calls:
 * 64 features, 8 candidates, a trained policy acting inside an exploration budget, decisions logged by
 * the tracer into a file store. Beside it Vowpal Wabbit's predict on the same contexts, and what the
 * machine itself takes away: plain arithmetic, timed in the same way.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DecisionContext } from "../../src/core/index.js";
import { systemClock } from "../../src/core/index.js";
import type { Rng } from "../../src/math/rng.js";
import { createRng } from "../../src/math/rng.js";
import type { PolicyRow, PolicySpec } from "../../src/policies/index.js";
import { promote } from "../routing/support/policy.js";
import { createWorld, taskConfig } from "../routing/support/world.js";
import type { Bench } from "./support/bench.js";
import { median, quantile, round } from "./support/bench.js";
import { peersPython, runPeer } from "./support/peers.js";

// What is timed is the build: tsx would add a call to every closure.
const built = <T>(room: string): Promise<T> => import(new URL(`../../dist/${room}/index.js`, import.meta.url).href);
const { fitEncoder } = await built<typeof import("../../src/dataset/index.js")>("dataset");
const { createPolicy } = await built<typeof import("../../src/policies/index.js")>("policies");
const { openFileStore } = await built<typeof import("../../src/store/index.js")>("store");
const { WorkflowTracer } = await built<typeof import("../../src/tracing/index.js")>("tracing");
const { createRouter, createRunBook } = await built<typeof import("../../src/routing/index.js")>("routing");

const FEATURES = 64;
const DESTINATIONS = Array.from({ length: 8 }, (_, i) => `agent-${i}`);
interface Timing {
  p50Us: number;
  p99Us: number;
}

const KINDS = ["squarecb", "linucb", "thompson", "auto"] as const;
const DEFAULT = "auto";
const VW = {
  squarecb: "--cb_explore_adf --squarecb -q ca",
  "epsilon-greedy": "--cb_explore_adf --epsilon 0.05 -q ca",
  regcb: "--cb_explore_adf --regcb -q ca",
};

function contextOf(rng: Rng): DecisionContext {
  return Object.fromEntries(Array.from({ length: FEATURES }, (_, i) => [`f${i}`, rng.normal()]));
}

/** A linear world: every destination has its own weights; rewards are noisy and clipped. */
function createTask(rows: number, tests: number) {
  const rng = createRng(11);
  const weights = DESTINATIONS.map(() => Array.from({ length: FEATURES }, () => rng.normal() / FEATURES));
  const contexts = Array.from({ length: rows + tests }, () => contextOf(rng));
  const logged = contexts.slice(0, rows).map((context) => {
    const chosen = rng.int(DESTINATIONS.length);
    const x = Object.values(context) as number[];
    const value = x.reduce((sum, v, i) => sum + v * (weights[chosen]?.[i] ?? 0), 0.5) + 0.1 * rng.normal();
    return { context, chosen, reward: Math.max(0, Math.min(1, value)) };
  });
  return { logged, tests: contexts.slice(rows) };
}

async function timeRouter(
  kind: (typeof KINDS)[number],
  task: ReturnType<typeof createTask>,
  warmUp: number,
): Promise<Timing> {
  const encoder = fitEncoder(task.logged.map((r) => r.context));
  const policy = createPolicy({ kind, dim: encoder.dim } as PolicySpec);
  const candidates = DESTINATIONS;
  policy.learn(
    task.logged.map(
      (r): PolicyRow => ({ context: encoder.encode(r.context), candidates, chosen: r.chosen, reward: r.reward }),
    ),
  );
  const world = createWorld();
  const folder = await mkdtemp(join(tmpdir(), "route-bench-"));
  const store = await openFileStore({ traces: folder, feedback: folder, models: folder });
  const sink = new WorkflowTracer({ store, buffer: { processHooks: false } });
  const router = createRouter(
    {
      decisionPoint: "bench",
      destinations: DESTINATIONS,
      context: (s: { context: DecisionContext }) => s.context,
      fallback: () => "agent-0",
      exploration: 0.05,
    },
    { ...world.deps, sink, clock: systemClock, runs: createRunBook() },
  );
  const artifact = { decisionPoint: "bench", encoder: encoder.snapshot(), policy: policy.snapshot(), candidates };
  await promote(world.registry, { ...artifact, contextFields: Object.keys(task.logged[0]?.context ?? {}) });
  await router.ready();
  const times: number[] = [];
  for (let i = 0; i < warmUp + task.tests.length; i++) {
    const state = { context: task.tests[i % task.tests.length] };
    const config = taskConfig(`${kind}-${i}`);
    const started = performance.now();
    await router.invoke(state, config);
    if (i >= warmUp) times.push((performance.now() - started) * 1000);
  }
  await sink.close();
  let logged = 0;
  for await (const batch of store.read("decision")) logged += batch.facts.length;
  await store.close();
  await rm(folder, { recursive: true });
  const { decisions, fallbacks } = router.status();
  const late = fallbacks["time-budget"] ?? 0;
  if (decisions !== times.length + warmUp || logged !== decisions || late > decisions / 1000)
    throw new Error(`${kind}: ${decisions} decisions, ${logged} of them logged, ${late} late`);
  return { p50Us: quantile(times, 0.5), p99Us: quantile(times, 0.99) };
}

async function timeVowpalWabbit(task: ReturnType<typeof createTask>, tests: number) {
  return runPeer<Record<keyof typeof VW, Record<"text" | "parsed", Timing>>>("peer_vw_predict.py", {
    actions: DESTINATIONS.length,
    train: task.logged.map((r) => [Object.values(r.context), r.chosen, 1 - r.reward, 1 / DESTINATIONS.length]),
    test: task.tests.slice(0, tests).map((c) => Object.values(c)),
    configurations: VW,
  });
}

/** The host's own pauses: the same loop around arithmetic that takes about as long as a decision. */
async function timeArithmetic(count: number): Promise<Timing> {
  const numbers = Float64Array.from({ length: 16_384 }, (_, i) => i);
  const times: number[] = [];
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const started = performance.now();
    for (let k = 0; k < numbers.length; k++) sum += numbers[k] * i;
    await Promise.resolve(sum);
    times.push((performance.now() - started) * 1000);
  }
  return { p50Us: round(quantile(times, 0.5), 1), p99Us: round(quantile(times, 0.99), 1) };
}

const bench: Bench = async ({ quick }) => {
  const task = createTask(2000, quick ? 2000 : 5000);
  const repetitions = quick ? 2 : 5;
  const policies: Record<string, Timing> = {};
  const all = Object.fromEntries(KINDS.map((kind) => [kind, [] as Timing[]]));
  for (let i = 0; i < repetitions; i++)
    for (const kind of KINDS) all[kind]?.push(await timeRouter(kind, task, quick ? 2000 : 5000));
  for (const kind of KINDS) {
    const runs = all[kind] ?? [];
    policies[kind] = {
      p50Us: round(median(runs.map((r) => r.p50Us)), 1),
      p99Us: round(median(runs.map((r) => r.p99Us)), 1),
    };
    const spread = runs.map((r) => round(r.p50Us, 1)).join(", ");
    console.log(`${kind.padEnd(10)} p50 ${policies[kind]?.p50Us} us (${spread}), p99 ${policies[kind]?.p99Us} us`);
  }
  const arithmetic = await timeArithmetic(20_000);
  console.log(`arithmetic p50 ${arithmetic.p50Us} us, p99 ${arithmetic.p99Us} us (the host's own pauses)`);
  const vw = peersPython() ? await timeVowpalWabbit(task, quick ? 300 : 3000) : undefined;
  if (vw)
    for (const [name, { text, parsed }] of Object.entries(vw))
      console.log(
        `vw ${name.padEnd(15)} p50 ${round(text.p50Us, 1)} us from text, ${round(parsed.p50Us, 1)} us parsed`,
      );
  else console.log("Vowpal Wabbit: no Python environment, left out");
  return { ...policies[DEFAULT], features: FEATURES, candidates: DESTINATIONS.length, policies, arithmetic, vw };
};

export default bench;
