import type { NodeExecution, Trace } from "../../../src/core/index.js";
import { isoTime } from "../../../src/core/index.js";
import { OrchestratorEnv, type OrchestratorInfo, type OrchestratorWorld } from "../../../src/environments/index.js";
import { createRng, type Rng } from "../../../src/math/rng.js";
import { ORCHESTRATOR_ACTIONS, planAction, stepFacts, survey } from "../../../src/orchestration/index.js";

/** The traces that a Sentinel in this world would leave: its baseline, with a share of random legal steps. */
export function recordedTraces(world: OrchestratorWorld, count: number, seed: string, exploration = 0.2): Trace[] {
  const env = new OrchestratorEnv({ world });
  return Array.from({ length: count }, (_, i) => recordedTrace(env, `${seed}/${i}`, exploration));
}

function recordedTrace(env: OrchestratorEnv, seed: string, exploration: number): Trace {
  const rng = createRng(`${seed}/behaviour`);
  const nodes: NodeExecution[] = [];
  let info = env.reset({ seed }).info as OrchestratorInfo;
  for (let step = 1; ; step++) {
    const action = choose(info, rng, exploration);
    const name = ORCHESTRATOR_ACTIONS[action];
    const before = env.state;
    const plan = planAction(survey(before, env.world.rules), name);
    const result = env.step(action);
    info = result.info as OrchestratorInfo;
    const { runs = [], ...outcome } = info.outcome ?? {};
    for (const run of runs)
      nodes.push(execution(run.agent, step, run.durationMs, { runs: [{ ...run, content: "text" }] }));
    if (runs.length === 0)
      nodes.push(
        execution(name, step, outcome.durationMs ?? 0, {
          steps: [{ step, action: name, ...stepFacts(before, plan, outcome) }],
        }),
      );
    if (result.terminated) return traceOf(seed, nodes);
  }
}

function choose(info: OrchestratorInfo, rng: Rng, exploration: number): number {
  if (rng.next() >= exploration) return info.baseline;
  const legal = [...info.actionMask.keys()].filter((a) => info.actionMask[a]);
  return legal[rng.int(legal.length)];
}

function execution(name: string, step: number, durationMs: number, update: object): NodeExecution {
  const text = JSON.stringify(update);
  const startedAt = isoTime(0);
  return {
    name,
    path: [],
    step,
    taskId: `${step}/${name}`,
    attempt: 1,
    startedAt,
    durationMs,
    status: "success",
    update: text,
  };
}

function traceOf(workflowId: string, nodes: NodeExecution[]): Trace {
  return {
    workflowId,
    segments: [workflowId],
    workflowType: "sentinel",
    tags: [],
    metadata: {},
    startedAt: isoTime(0),
    durationMs: 0,
    status: "success",
    capture: "tap",
    keepProbability: 1,
    nodes,
    edges: [],
    modelCalls: [],
    toolCalls: [],
    interactions: [],
    gaps: [],
  };
}
