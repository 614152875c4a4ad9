import { checkArgument } from "../core/arguments.js";
import { followPatterns } from "../learning/components/patterns.js";
import type { OrchestratorTrainingParts } from "../learning/train-orchestrator.js";
import { PatternAnalyzer } from "../patterns/index.js";
import { createModeBook, createRunBook, type RoutingDeps } from "../routing/index.js";
import { Advisor } from "./advisor.js";
import { AlertSender } from "./alerts.js";
import { Federation } from "./federation.js";
import { LoopFollower } from "./follower.js";
import { serves } from "./guards.js";
import { LearnedPoints } from "./learned-points.js";
import type { LoopParts } from "./parts.js";
import { type LearningStatus, statusOf } from "./status.js";

/** What the facade hands its calls to, made of the opened parts. */
export interface Composed {
  learned: LearnedPoints;
  patterns: PatternAnalyzer;
  federation: Federation;
  advisor: Advisor;
  alerts: AlertSender;
  follower: LoopFollower;
  training: OrchestratorTrainingParts;
  /** The status as it is known now. */
  status(): Promise<LearningStatus>;
}

/** Puts serving, patterns, federation, alerts and following over the parts of a loop; starts none of them. */
export function compose(parts: LoopParts): Composed {
  const { clock, logger, config, registry, engine, knowledge, store, points, tracer } = parts;
  const { documents } = store;
  const deps: RoutingDeps = {
    sink: tracer,
    registry,
    clock,
    logger,
    seed: config.seed,
    enabled: () => serves(parts),
    modes: createModeBook(),
    runs: createRunBook(),
  };
  tracer.onEarlier = (workflowId, decided) => {
    checkArgument(workflowId, "workflowId", "text", "FACT_INVALID");
    checkArgument(decided, "decided", { decisions: "objects" }, "FACT_INVALID");
    deps.runs.restore(workflowId, decided, tracer.endingsOf(workflowId));
  };
  for (const [point, mode] of Object.entries(parts.modes)) deps.modes.set(point, mode);
  const patterns = new PatternAnalyzer(tracer, {
    seed: config.seed,
    analyze: (options) => knowledge.analyzePatterns(options),
  });
  followPatterns(patterns, registry, logger);
  const learned = new LearnedPoints(deps, points);
  const status = () => statusOf(parts, deps.modes, learned);
  const alerts = new AlertSender({ ...parts, rules: config.alerts, status });
  return {
    learned,
    patterns,
    federation: new Federation({ ...parts, documents }),
    advisor: new Advisor(learned, points, registry),
    alerts,
    follower: new LoopFollower(
      parts,
      (point, mode) => deps.modes.set(point, mode),
      () => void alerts.look(),
    ),
    training: { engine, registry, documents, config },
    status,
  };
}
