/** Numbers a member learns from: one row per run, all of one length, finite. */
export interface TrainingData {
  x: readonly Float64Array[];
  y: Float64Array;
  seed: number;
  cancelled?: () => boolean;
  /** The fit only shows what the member is worth: it may be coarser than the one that will predict. */
  isDraft?: boolean;
}

/** A fitted member as plain JSON; `kind` says who restores it. */
export interface MemberSnapshot {
  kind: string;
  [key: string]: unknown;
}

/** A fitted predictor of one number. */
export interface FittedMember {
  /** One prediction per row, in the units of the target. */
  predict(x: readonly Float64Array[]): Float64Array;
  /** Takes further rows in at once; only members that can do so exactly and quickly have it. */
  update?(x: readonly Float64Array[], y: Float64Array): void;
  snapshot(): Promise<MemberSnapshot>;
  /** Frees what lives outside the JavaScript heap; predictions are over afterwards. */
  dispose(): void;
}

/** Brings fitted members of one kind back. */
export interface MemberRestorer {
  readonly kind: string;
  restore(snapshot: MemberSnapshot): Promise<FittedMember>;
}

/** A way to learn one number from numbers: one of the reward model's members. */
export interface RewardMember extends MemberRestorer {
  fit(data: TrainingData): Promise<FittedMember>;
}
