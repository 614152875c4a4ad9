import { z } from "zod";
import { LearningError, parseOptions, show } from "../core/index.js";
import type { NetworkSnapshot } from "../math/network.js";

const forgetting = z.number().min(0).max(0.5).optional();
const lambda = z.number().positive().optional();

/**
 * How rewards are estimated. Everywhere `lambda` is the precision of the prior on every weight (default
 * 1) and `forgetting` the share of the old evidence that each new row replaces where it applies (default
 * 0): 0.01 to 0.05 for worlds that drift.
 */
const modelSchema = z.discriminatedUnion("kind", [
  /** Full covariance, one regression per candidate: best up to some hundred features. */
  z.strictObject({ kind: z.literal("ridge"), lambda, forgetting }),
  /** For thousands of sparse features such as words. */
  z.strictObject({
    kind: z.literal("logistic"),
    /** Step of AdaGrad (default 0.3). */
    learningRate: z.number().positive().optional(),
    /** Times each call of `learn` goes over its rows, unless they are few (default 8). */
    passes: z.number().int().positive().optional(),
    /** Precision of the prior on every weight but the intercept (default 0: none). */
    lambda: z.number().nonnegative().optional(),
    forgetting,
  }),
  /**
   * What a context does to all candidates alike, and to each beyond that under the narrower prior
   * `ownLambda` (default 10): for many candidates with few rows each.
   */
  z.strictObject({ kind: z.literal("pooled"), lambda, ownLambda: lambda, forgetting }),
  /** The same over contexts whose texts are seen by topics and shape, not by their words. */
  z.strictObject({ kind: z.literal("summary"), lambda, ownLambda: lambda, forgetting }),
  /** One ridge regression over all candidates, which uses the features of the candidates themselves. */
  z.strictObject({ kind: z.literal("shared"), lambda, forgetting }),
  /** Random Fourier features beside the linear ones, `features` of them (default 64). */
  z.strictObject({ kind: z.literal("fourier"), features: z.number().int().positive().optional(), lambda, forgetting }),
  /** Several of the above, mixed online by how well they predict. */
  z.strictObject({ kind: z.literal("mixture"), forgetting }),
]);

const common = {
  /** Length of the context vectors. */
  dim: z.number().int().positive(),
  /** Seed of everything random in learning (default 0). */
  seed: z.number().int().optional(),
  /**
   * How rewards are estimated (default: `mixture` for auto, `fourier` for nonlinear; otherwise `ridge` up
   * to 512 features and `summary` above).
   */
  model: modelSchema.optional(),
  /**
   * How the inputs' `costs` count. `weight`: reward that one dollar is worth (default 0). `ceiling`: mean
   * cost of a decision in dollars that must hold in the long run; it is kept by a price on cost that
   * rises while the mean of the learned rows lies above it and falls while it lies below.
   */
  cost: z
    .strictObject({ weight: z.number().nonnegative().optional(), ceiling: z.number().positive().optional() })
    .optional(),
};

const specSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("fixed"),
    dim: common.dim,
    /** Relative share of each candidate; uniform without. */
    shares: z.record(z.string(), z.number().nonnegative()).optional(),
  }),
  z.strictObject({
    kind: z.literal("epsilon-greedy"),
    ...common,
    /** Probability of drawing among all allowed candidates (default 0.05). */
    epsilon: z.number().min(0).max(1).optional(),
  }),
  z.strictObject({
    kind: z.literal("softmax"),
    ...common,
    /** In units of reward; lower is greedier (default 0.05). */
    temperature: z.number().positive().optional(),
  }),
  z.strictObject({
    kind: z.literal("squarecb"),
    ...common,
    /** gamma = gammaScale * sqrt(candidates * rows) (default 10); higher is greedier. */
    gammaScale: z.number().positive().optional(),
  }),
  z.strictObject({
    kind: z.literal("linucb"),
    ...common,
    /** Standard errors added to each mean (default 1). */
    alpha: z.number().nonnegative().optional(),
  }),
  z.strictObject({
    kind: z.literal("thompson"),
    ...common,
    /** Multiplies the posterior's standard errors (default 1). */
    scale: z.number().nonnegative().optional(),
  }),
  z.strictObject({
    kind: z.literal("nonlinear"),
    ...common,
    /** Multiplies the posterior's standard errors (default 0.3). */
    scale: z.number().nonnegative().optional(),
  }),
  z.strictObject({
    kind: z.literal("auto"),
    ...common,
    /** Standard errors added to each mean (default 1: optimism explores; below 0: what is uncertain is doubted). */
    alpha: z.number().min(-5).optional(),
    /** As of squarecb, over the upper bounds (default 100). */
    gammaScale: z.number().positive().optional(),
  }),
  z.strictObject({
    kind: z.literal("network"),
    dim: common.dim,
    seed: common.seed,
    model: common.model,
    /** The destinations, one for each output of the network. */
    actions: z.array(z.string()).min(1),
    /** The trained network as JSON: its outputs are logits or action values. */
    network: z.custom<NetworkSnapshot>((value) => typeof value === "object" && value !== null, "a network snapshot"),
    /** Probabilities are the softmax of outputs over this; 0 (the default) always takes the largest. */
    temperature: z.number().nonnegative().optional(),
  }),
]);

/** What {@link createPolicy} makes a policy from; the page Routing says when to use which. */
export type PolicySpec = z.infer<typeof specSchema>;
/** How a policy estimates rewards. */
export type ModelSpec = z.infer<typeof modelSchema>;
/** How cost counts beside reward. */
export type CostSpec = NonNullable<z.infer<typeof common.cost>>;

/** A checked spec; fails with POLICY_INVALID, or CONFIG_UNKNOWN_KEY for a setting that its kind does not have. */
export function parseSpec(spec: unknown): PolicySpec {
  const kind: unknown = typeof spec === "object" && spec !== null && "kind" in spec ? spec.kind : undefined;
  const schema = specSchema.options.find((option) => option.shape.kind.value === kind);
  if (schema) return parseOptions(schema, spec, `the policy ${show(kind)}`, "POLICY_INVALID");
  throw new LearningError("POLICY_INVALID", {
    received: show(spec),
    expected: `one of the kinds ${specSchema.options.map((option) => option.shape.kind.value).join(", ")}`,
    remedy: 'Give a policy spec such as { kind: "squarecb", dim: encoder.dim }.',
  });
}
