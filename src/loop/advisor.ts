import { checkArgument } from "../core/arguments.js";
import { LearningError, show } from "../core/index.js";
import type { PointBook } from "../learning/points.js";
import { routingArtifactName } from "../policies/index.js";
import type { Registry } from "../registry/index.js";
import type { Advice } from "../routing/index.js";
import { AdviceCache, pointMeant } from "./advice.js";
import type { LearnedPoints } from "./learned-points.js";

/** Options of `optimizeOrchestratorDecision`. */
export interface AdviceOptions {
  /** The decision point; the Sentinel's, or the only one, when left out. */
  decisionPoint?: string;
  /** Destinations that are allowed now, where the point's router is not of this process (default: all). */
  candidates?: readonly string[];
}

/** Answers what the policy that serves would do in a state, without doing or recording anything. */
export class Advisor {
  private readonly remembered = new AdviceCache<Advice>();

  constructor(
    private readonly learned: LearnedPoints,
    private readonly points: Pick<PointBook, "list">,
    private readonly registry: Registry,
  ) {}

  /** @param isOff the kill switch is on: nothing promoted counts */
  async ask(state: Readonly<Record<string, unknown>>, options: AdviceOptions, isOff: boolean): Promise<Advice> {
    checkArgument(state, "the state", "object", "CONFIG_INVALID");
    checkArgument(options, "options", { decisionPoint: "text?", candidates: "texts?" }, "CONFIG_INVALID");
    const point = pointMeant(
      options.decisionPoint,
      this.points.list().map((p) => p.name),
    );
    const destinations = this.learned.destinationsOf(point);
    const candidates = options.candidates ?? destinations;
    const unknown = candidates.find((c) => !destinations.includes(c));
    if (unknown !== undefined || candidates.length === 0) {
      throw new LearningError("CONFIG_INVALID", {
        received: `the candidates ${show(candidates)}`,
        expected: `one or more of ${destinations.join(", ")}`,
        remedy: `Ask about destinations of ${point}.`,
      });
    }
    const version = isOff ? undefined : this.registry.champion(routingArtifactName(point))?.version;
    return this.remembered.get([point, state, candidates], version, () =>
      this.learned.advise(point, state, options.candidates, version),
    );
  }
}
