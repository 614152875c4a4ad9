import { describe, expect, it } from "vitest";
import {
  drawConditions,
  failureRate,
  meanOf,
  OrchestratorEnv,
  type OrchestratorWorld,
  qualityFactor,
  sampledChance,
  smallWorld,
  solveWorld,
  standardWorld,
  worldStart,
} from "../../../src/environments/index.js";
import { orchestratorTrainingSettings } from "../../../src/learning/orchestrator-training.js";
import { createRng } from "../../../src/math/rng.js";

const chance = () => sampledChance(createRng(1));

/** The small world as plain JavaScript could write it, with one field changed. */
function worldWith(path: string, value: unknown): OrchestratorWorld {
  const world = structuredClone(smallWorld());
  const keys = path.split(".");
  const last = keys.pop() as string;
  const at = keys.reduce<Record<string, unknown>>((o, k) => o[k] as Record<string, unknown>, world as never);
  if (value === undefined) delete at[last];
  else at[last] = value;
  return world;
}

describe("a world given as a literal", () => {
  it.each([
    ["agents", [], /at least one agent/],
    ["agents.0.failure", Number.NaN, /NaN for agents\.0\.failure; expected a number in \[0,1\]/],
    ["agents.0.failure", -1, /-1 for agents\.0\.failure/],
    ["agents.0.broken", "0.5", /"0\.5" for agents\.0\.broken/],
    ["agents.0.declared", undefined, /for agents\.0\.declared/],
    ["agents.1.declared.name", "analyst", /two agents named "analyst"/],
    ["agents.0.duration", 1_000, /1000 for agents\.0\.duration; expected a distribution/],
    ["agents.0.duration", { kind: "gauss", mean: 3 }, /"gauss" for agents\.0\.duration\.kind; expected a distribution/],
    ["agents.0.duration", { kind: "constant", value: -5 }, /-5 for agents\.0\.duration\.value/],
    ["agents.0.quality", { kind: "beta", alpha: Number.NaN, beta: 1 }, /NaN for agents\.0\.quality\.alpha/],
    ["agents.0.quality", { kind: "discrete", values: [1], probabilities: [0.5, 0.5] }, /one probability for each/],
    ["agents.0.quality", { kind: "discrete", values: [0, 1], probabilities: [0.2, 0.2] }, /that sum to one/],
    ["templates.0.tasks.0.priority", { kind: "constant", value: 7 }, /7 for .*; expected a priority in \(0,1\]/],
    ["templates.0.tasks.0.priority", { kind: "lognormal", mu: 0, sigma: 1 }, /a distribution on \(0,1\]/],
    ["templates.0.tasks.0.dependsOn", [7], /task 0 of template 0, which depends on 7/],
    ["templates.1.tasks.0.dependsOn", [1], /task 0 of template 1, which depends on 1/],
    ["territories.0.templates", [0.2, 0.3, 0.5], /3 probabilities for the territory "myths"; .* the 2 templates/],
    ["territories.0.templates", [0.2, 0.3], /that sum to one/],
    ["territories.1.id", "myths", /two territories named "myths"/],
    ["territories.0.scans", 0, /0 for territories\.0\.scans/],
    ["scan", undefined, /for scan; expected a duration and tokens/],
    ["monitorMs", Number.NaN, /NaN for monitorMs/],
    ["optimizeMs", Number.POSITIVE_INFINITY, /Infinity for optimizeMs/],
    ["mismatchFloor", 3, /3 for mismatchFloor/],
    ["budget", { steps: "40" }, /"40" for budget\.steps/],
    ["budget", { steps: 4, timeMs: -1 }, /-1 for timeMs/],
    ["rules", { parallelism: 2 }, /no rule maxAttempts; expected all rules/],
  ])("is refused where its %s cannot be (%j)", (path, value, message) => {
    for (const use of [
      (world: OrchestratorWorld) => new OrchestratorEnv({ world }),
      worldStart,
      solveWorld,
      (world: OrchestratorWorld) => drawConditions(world, chance()),
      (world: OrchestratorWorld) => orchestratorTrainingSettings({ world }),
    ]) {
      expect(() => use(worldWith(path, value))).toThrow(message);
      expect(() => use(worldWith(path, value))).toThrow("ENV_INVALID");
    }
  });

  it.each([
    ["interferance", "interference"],
    ["agents.0.failiure", "failure"],
    ["agents.1.declared.concurency", "concurrency"],
    ["rules.paralelism", "parallelism"],
  ])("says what %s is nearest to", (path, known) => {
    expect(() => new OrchestratorEnv({ world: worldWith(path, 0.4) })).toThrow(`Did you mean "${known}"?`);
  });

  it("is taken when it came through JSON", () => {
    for (const world of [smallWorld(), standardWorld()])
      expect(() => new OrchestratorEnv({ world: JSON.parse(JSON.stringify(world)) }).reset({ seed: 1 })).not.toThrow();
  });
});

describe("parts of a world", () => {
  it("are refused where a number is none: drawing would not end, or give no number", () => {
    const nan = { kind: "beta", alpha: Number.NaN, beta: 1 } as const;
    expect(() => chance().value(nan)).toThrow(/ENV_INVALID.* a finite number above 0/);
    expect(() => meanOf({ kind: "gauss" } as never)).toThrow(/ENV_INVALID.*a distribution/);
    const [agent] = smallWorld().agents;
    expect(() => failureRate({ ...agent, failure: Number.NaN }, 0, false)).toThrow(/ENV_INVALID.*failure of model/);
    expect(() => failureRate(agent, Number.NaN, false)).toThrow(/ENV_INVALID.*NaN for load/);
    const under = { load: 0, match: 1, creative: false, inspired: false, peers: 0 };
    expect(() => qualityFactor({} as never, under)).toThrow(/ENV_INVALID.*mismatchFloor of world/);
  });
});
