import { placesBy } from "../core/places-by.js";
import { Calibration } from "./calibration.js";
import type { MemberRestorer } from "./members/member.js";
import { fitOwn, mixIn, type OwnModel, type OwnModelSnapshot, type Spread } from "./own-model.js";
import { restoreTarget } from "./restore-target.js";
import { fitTarget, rootMeanSquare, type TargetData, type TargetModel, type TargetSnapshot } from "./target-model.js";

/** The model of one target as plain JSON. */
export interface TypedTargetSnapshot extends TargetSnapshot {
  /** Absent where all types together predict every type best, and in models of an earlier release. */
  own?: OwnModelSnapshot[];
}

type Types = readonly (string | undefined)[];

/**
 * Predicts one target from all types of runs together, and a young type also from its own rows where these say otherwise
 * (partial pooling; the share of each by stacking, Wolpert 1992, within the type).
 */
export class TypedTarget {
  private constructor(
    private readonly pooled: TargetModel,
    private readonly own: readonly OwnModel[],
    /** The prediction of each training row that did not see it; absent after a restore. */
    readonly outOfFold?: Float64Array,
  ) {}

  /** @param types of the rows, undefined where they name none */
  static async fit(data: TargetData, types: Types): Promise<TypedTarget> {
    const pooled = await fitTarget(data);
    const { outOfFold: all } = pooled;
    if (!all) return new TypedTarget(pooled, []);
    const found = await fitOwn(data, types, all.mean);
    if (found.length === 0) return new TypedTarget(pooled, [], all.mean);
    const after = { mean: all.mean.slice(), spread: all.spread.slice() };
    for (const { own, rows } of found) if (own.model.outOfFold) mixIn(after, rows, own.model.outOfFold, own.weight);
    pooled.calibration = Calibration.fit(after.mean, after.spread, data.y);
    pooled.report.rmse = rootMeanSquare(after.mean, data.y);
    pooled.report.own = found.map(({ own: { type, weight }, rows }) => ({ type, weight, rows: rows.length }));
    return new TypedTarget(
      pooled,
      found.map((f) => f.own),
      after.mean,
    );
  }

  static async restore(snapshot: TypedTargetSnapshot, members: readonly MemberRestorer[]): Promise<TypedTarget> {
    const own: OwnModel[] = [];
    for (const { type, weight, target } of snapshot.own ?? [])
      own.push({ type, weight, model: await restoreTarget(target, members) });
    return new TypedTarget(await restoreTarget(snapshot, members), own);
  }

  get report() {
    return this.pooled.report;
  }

  get calibration() {
    return this.pooled.calibration;
  }

  /** The prediction of each row, and the standard deviation of the members around it. */
  predict(x: readonly Float64Array[], types: Types): Spread {
    const all = this.pooled.predict(x);
    if (this.own.length === 0) return all;
    const byType = placesBy(types, (type) => type);
    for (const { type, weight, model } of this.own) {
      const rows = byType.get(type);
      if (!rows) continue;
      const alone = model.predict(rows.map((i) => x[i]));
      mixIn(all, rows, alone, weight);
    }
    return all;
  }

  /** What each member for all types predicts. */
  predictMembers(x: readonly Float64Array[]): Record<string, Float64Array> {
    return this.pooled.predictMembers(x);
  }

  /** Takes further rows in; the errors made before go into the calibration. */
  update(x: readonly Float64Array[], y: Float64Array, types: Types): void {
    const { mean, spread } = this.predict(x, types);
    this.calibration.add(mean, spread, y);
    this.pooled.learn(x, y);
    const byType = placesBy(types, (type) => type);
    for (const { type, model } of this.own) {
      const rows = byType.get(type) ?? [];
      const own = rows.map((i) => x[i]);
      if (rows.length > 0)
        model.learn(
          own,
          Float64Array.from(rows, (i) => y[i]),
        );
    }
  }

  async snapshot(): Promise<TypedTargetSnapshot> {
    const own: OwnModelSnapshot[] = [];
    for (const { type, weight, model } of this.own) own.push({ type, weight, target: await model.snapshot() });
    return { ...(await this.pooled.snapshot()), ...(own.length > 0 && { own }) };
  }

  dispose(): void {
    for (const { model } of [{ model: this.pooled }, ...this.own]) model.dispose();
  }
}
