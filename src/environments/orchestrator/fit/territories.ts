import type { FoundTask } from "../../../orchestration/index.js";
import type { Distribution } from "../distribution.js";
import type { OrchestratorWorld, TerritoryModel, WorkflowTemplate } from "../world.js";
import type { StepFact } from "./facts.js";
import { fitDiscrete } from "./shapes.js";

/** Scans' worth of the overall mixture that is added to each territory's own. */
const SHRINK = 1;

/** What one scan found in one territory. */
interface Yield {
  trace: number;
  territory: string;
  tasks: FoundTask[];
}

/**
 * What territories hold: what their scans found (the tasks' capabilities, dependencies, creativity and
 * workflows) with how often each territory gave it, the priorities that occurred, and the largest number
 * of scans that a territory bore; twice that where it was never exhausted.
 */
export function fitTerritories(
  scans: readonly StepFact[],
  assumed: string[],
): Pick<OrchestratorWorld, "templates" | "territories"> {
  const yields = scans.flatMap(yieldsOf);
  const sample = yields.flatMap((y) => y.tasks.map((t) => t.priority));
  if (sample.length === 0) {
    assumed.push("territories: none, since no scan that found work was kept");
    return { templates: [], territories: [] };
  }
  const priority = fitDiscrete(sample);
  const shapes = new Map<string, WorkflowTemplate>();
  const overall = new Counter();
  const perTerritory = new Map<string, Counter>();
  const borne = new Map<string, Counter>();
  for (const { trace, territory, tasks } of yields) {
    const template = templateOf(tasks, priority);
    const shape = JSON.stringify(template.tasks.map((t) => [t.workflow, t.capabilities, t.dependsOn, t.creative]));
    shapes.set(shape, template);
    overall.add(shape);
    counterOf(perTerritory, territory).add(shape);
    counterOf(borne, territory).add(String(trace));
  }
  const ended = new Set(scans.flatMap((s) => s.found?.exhausted ?? []));
  const territories = [...perTerritory].map(([id, own]): TerritoryModel => {
    const share = (shape: string) =>
      (own.of(shape) + (SHRINK * overall.of(shape)) / overall.total) / (own.total + SHRINK);
    const seen = counterOf(borne, id).most;
    if (!ended.has(id)) assumed.push(`${id}: bears ${2 * seen} scans, since it was not exhausted in ${seen}`);
    return { id, title: id, scans: ended.has(id) ? seen : 2 * seen, templates: [...shapes.keys()].map(share) };
  });
  return { templates: [...shapes.values()], territories };
}

/** A scan of several territories is split by the territory its tasks name; tasks without one go to the first. */
function yieldsOf({ found, trace }: StepFact): Yield[] {
  if (!found) return [];
  return found.territories.map((territory, i) => ({
    trace,
    territory,
    tasks: found.tasks.filter((t) => (t.territory === undefined ? i === 0 : t.territory === territory)),
  }));
}

function templateOf(tasks: readonly FoundTask[], priority: Distribution): WorkflowTemplate {
  const at = new Map(tasks.map((t, i) => [t.id, i]));
  const workflows = [...new Set(tasks.map((t) => t.workflow))];
  return {
    tasks: tasks.map((t) => ({
      workflow: workflows.indexOf(t.workflow),
      capabilities: t.needs,
      dependsOn: t.after.map((id) => at.get(id)).filter((i) => i !== undefined),
      priority,
      creative: t.creative,
    })),
  };
}

class Counter {
  private readonly counts = new Map<string, number>();
  total = 0;

  add(key: string): void {
    this.counts.set(key, this.of(key) + 1);
    this.total++;
  }

  of(key: string): number {
    return this.counts.get(key) ?? 0;
  }

  get most(): number {
    return Math.max(0, ...this.counts.values());
  }
}

function counterOf(map: Map<string, Counter>, key: string): Counter {
  const counter = map.get(key) ?? new Counter();
  map.set(key, counter);
  return counter;
}
