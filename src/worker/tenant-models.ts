// Runs in the learning thread.
import { placesBy } from "../core/places-by.js";
import { type Tenants, tenantOf } from "../core/tenants.js";
import {
  type RewardExample,
  RewardModel,
  type RewardModelOptions,
  type RewardModelSnapshot,
  type RewardPrediction,
} from "../rewards/index.js";
import { LEAST_ROWS } from "../rewards/target-model.js";

type Features = RewardExample["features"];
type Report = ReturnType<RewardModel["report"]>;

/** {@link TenantModels} as plain JSON: models by tenant, that of what no tenant lists under no name. */
interface SeveralModels {
  kind: "reward-models";
  tenants: Tenants;
  models: Record<string, RewardModelSnapshot>;
}

/** The same; one model alone where no tenants are given, as in models of an earlier release. */
export type TenantModelsSnapshot = RewardModelSnapshot | SeveralModels;

/** The name of what no tenant lists; a tenant's name has at least one letter. */
const UNLISTED = "";
/** What is said of a run of a tenant without a model. */
const UNKNOWN: RewardPrediction = { mean: 0.5, lower: 0, upper: 1, variance: 0.25, known: false };

const tenantIn = (tenants: Tenants, { workflowType }: Features) => tenantOf(tenants, String(workflowType)) ?? UNLISTED;

/** A reward model for each tenant, of its own runs alone; one for all where no tenants are given. */
export class TenantModels {
  private constructor(
    private readonly tenants: Tenants,
    private readonly models: ReadonlyMap<string, RewardModel>,
    /** What was said of each example without having seen its rating; undefined for those of a tenant without a model. */
    readonly outOfFold: readonly (number | undefined)[] = [],
  ) {}

  /** @throws REWARD_INVALID where no tenant has 20 examples */
  static async fit(
    examples: readonly RewardExample[],
    tenants: Tenants,
    options: RewardModelOptions,
  ): Promise<TenantModels> {
    const rows = placesBy(examples, ({ features }) => tenantIn(tenants, features));
    const enough = [...rows].filter(([, own]) => own.length >= LEAST_ROWS);
    // None has enough: the reward model itself says so.
    const models = new Map<string, RewardModel>();
    const outOfFold: (number | undefined)[] = examples.map(() => undefined);
    for (const [tenant, own] of enough.length > 0 ? enough : [...rows].slice(0, 1)) {
      const model = await RewardModel.fit(
        own.map((i) => examples[i]),
        options,
      );
      const said = model.outOfFold();
      own.forEach((i, k) => {
        outOfFold[i] = said?.[k];
      });
      models.set(tenant, model);
    }
    return new TenantModels(tenants, models, outOfFold);
  }

  static async restore(snapshot: TenantModelsSnapshot): Promise<TenantModels> {
    if (snapshot?.kind !== "reward-models")
      return new TenantModels({}, new Map([[UNLISTED, await RewardModel.restore(snapshot)]]));
    const { tenants, models } = snapshot;
    const restored = new Map<string, RewardModel>();
    for (const [tenant, snapshot] of Object.entries(models)) restored.set(tenant, await RewardModel.restore(snapshot));
    return new TenantModels(tenants, restored);
  }

  /** Whether it was fitted for these tenants; for others it would let one learn from another. */
  isFor(tenants: Tenants): boolean {
    return JSON.stringify(this.tenants) === JSON.stringify(tenants);
  }

  /** Names the encoding of the features. */
  get encoderVersion(): string {
    return [...this.models.values()].map((m) => m.encoderVersion).join(" ");
  }

  get targetNames(): string[] {
    return [...new Set([...this.models.values()].flatMap((m) => m.targetNames))];
  }

  predict(features: readonly Features[], target = "reward"): RewardPrediction[] {
    const said: RewardPrediction[] = features.map(() => UNKNOWN);
    for (const [tenant, own] of placesBy(features, (of) => tenantIn(this.tenants, of))) {
      const model = this.models.get(tenant);
      if (!model?.targetNames.includes(target)) continue;
      const asked = own.map((i) => features[i]);
      const predictions = model.predict(asked, target);
      own.forEach((i, k) => {
        said[i] = predictions[k];
      });
    }
    return said;
  }

  update(examples: readonly RewardExample[]): void {
    for (const [tenant, own] of placesBy(examples, ({ features }) => tenantIn(this.tenants, features)))
      this.models.get(tenant)?.update(own.map((i) => examples[i]));
  }

  /** Of the model with the most runs; its `rmse` and `variance` of the reward are those within all tenants together. */
  report(): Report {
    const reports = [...this.models.values()].map((m) => m.report());
    const [largest] = [...reports].sort((a, b) => (b["reward"]?.rows ?? 0) - (a["reward"]?.rows ?? 0));
    const rewards = reports.flatMap((r) => r["reward"] ?? []);
    if (!largest?.["reward"] || rewards.length < 2) return largest ?? {};
    const rows = rewards.reduce((sum, r) => sum + r.rows, 0);
    const mean = (of: (r: (typeof rewards)[number]) => number) =>
      rewards.reduce((sum, r) => sum + (r.rows / rows) * of(r), 0);
    const rmse = Math.sqrt(mean((r) => r.rmse ** 2));
    return { ...largest, reward: { ...largest["reward"], rows, rmse, variance: mean((r) => r.variance) } };
  }

  async snapshot(): Promise<TenantModelsSnapshot> {
    const models: Record<string, RewardModelSnapshot> = {};
    for (const [tenant, model] of this.models) models[tenant] = await model.snapshot();
    const only = Object.keys(this.tenants).length === 0 ? models[UNLISTED] : undefined;
    return only ?? { kind: "reward-models", tenants: this.tenants, models };
  }

  dispose(): void {
    for (const model of this.models.values()) model.dispose();
  }
}
