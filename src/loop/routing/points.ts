import { z } from "zod";
import type { DocumentStore } from "../../store/index.js";
import { type ResolvedLoopConfig, rewardSettingsOf } from "../config.js";
import type { RowOptions } from "../worker/rows.js";

const FIELD_KINDS = ["number", "boolean", "category", "short-text", "long-text", "vector"] as const;

/** How the policy of a decision point is learned; part of `loop.router`'s options. */
export const learnOptionsSchema = z.strictObject({
  /** What kind of policy, with its own settings (default `{ kind: "squarecb" }`). */
  policy: z.looseObject({ kind: z.string() }).optional(),
  /** How contexts become vectors. */
  encoder: z
    .strictObject({
      fields: z.record(z.string(), z.enum(FIELD_KINDS)),
      ignore: z.array(z.string()),
      vocabulary: z.int().min(0),
      textBuckets: z.int().min(1),
      maxCategories: z.int().min(1),
      maxTextChars: z.int().min(1),
    })
    .partial()
    .optional(),
  /** Share of the run's reward that a decision is credited per later decision (default 1). */
  creditDiscount: z.number().min(0).max(1).optional(),
  /**
   * ISO 8601 time in UTC: older decisions teach, but prove nothing. Set it when the fallback changed, since
   * a policy is proven against what the fallback answered when the decision was logged.
   */
  provenFrom: z.iso.datetime().optional(),
});
/** How the policy of a decision point is learned. */
export type LearnOptions = z.input<typeof learnOptionsSchema>;

/** A decision point as the loop knows it, kept so that another process can learn for it too. */
export interface DecisionPoint {
  name: string;
  destinations: string[];
  /** The most that may be explored, in [0,1]. */
  exploration: number;
  learn: LearnOptions;
}

/** The decision points of a folder: those declared in this process and those of earlier ones. */
export interface PointBook {
  /** Declares a point; the last declaration of a name counts. */
  declare(point: DecisionPoint): void;
  get(name: string): DecisionPoint | undefined;
  list(): DecisionPoint[];
  /** Takes over what other processes declared. */
  refresh(): Promise<void>;
  /** Resolves when all declarations are stored. */
  settled(): Promise<void>;
}

/** What determines every reward in the loop: its configuration, and the credit discounts of its points. */
export function rowOptionsOf(config: ResolvedLoopConfig, points: Pick<PointBook, "list">): RowOptions {
  return {
    reward: rewardSettingsOf(config),
    discounts: Object.fromEntries(
      points.list().flatMap((p) => (p.learn.creditDiscount === undefined ? [] : [[p.name, p.learn.creditDiscount]])),
    ),
  };
}

const PREFIX = "points/";

/** Opens the point book of a store. */
export async function openPointBook(documents: DocumentStore): Promise<PointBook> {
  const points = new Map<string, DecisionPoint>();
  const declaredHere = new Set<string>();
  const refresh = async () => {
    for (const key of await documents.keys(PREFIX)) {
      const point = await documents.get<DecisionPoint>(key);
      if (point && !declaredHere.has(point.name)) points.set(point.name, point);
    }
  };
  await refresh();
  let writing: Promise<void> = Promise.resolve();
  return {
    refresh,
    declare(point) {
      declaredHere.add(point.name);
      const known = JSON.stringify(points.get(point.name));
      points.set(point.name, point);
      if (known === JSON.stringify(point)) return;
      writing = writing.catch(() => undefined).then(() => documents.put(PREFIX + point.name, point));
      // The failure is seen by whoever awaits settled(); an unawaited one must not end the host.
      writing.catch(() => undefined);
    },
    get: (name) => points.get(name),
    list: () => [...points.values()],
    settled: () => writing,
  };
}
