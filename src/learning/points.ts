import { oneAtATime } from "../core/index.js";
import { isRecord } from "../core/is-object.js";
import type { TrialOptions } from "../evaluation/point/trial-stage.js";
import type { LearnOptions } from "../policies/index.js";
import type { DocumentStore } from "../store/index.js";
import { shapedDocuments } from "../store/shaped-documents.js";
import type { RowOptions } from "../worker/rows.js";
import { type ResolvedLoopConfig, rewardSettingsOf } from "./config.js";

/** A decision point as the loop knows it, kept so that another process can learn for it too. */
export interface KnownPoint {
  name: string;
  destinations: string[];
  /** The most that may be explored, in [0,1]. */
  exploration: number;
  learn: LearnOptions;
  /** How versions are tried. */
  trial?: TrialOptions;
}

/** The decision points of a folder: those declared in this process and those of earlier ones. */
export interface PointBook {
  /** Declares a point; the last declaration of a name counts. */
  declare(point: KnownPoint): void;
  get(name: string): KnownPoint | undefined;
  list(): KnownPoint[];
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

const isPoint = (value: unknown) =>
  isRecord(value) && typeof value.name === "string" && Array.isArray(value.destinations) && isRecord(value.learn);

/** Opens the point book of a store. */
export async function openPointBook(documents: DocumentStore): Promise<PointBook> {
  const stored = shapedDocuments<KnownPoint>(documents, isPoint);
  const points = new Map<string, KnownPoint>();
  const declaredHere = new Set<string>();
  const refresh = async () => {
    for (const key of await documents.keys(PREFIX)) {
      const point = await stored.get(key);
      if (point && !declaredHere.has(point.name)) points.set(point.name, point);
    }
  };
  await refresh();
  const inTurn = oneAtATime();
  let writing: Promise<void> = Promise.resolve();
  return {
    refresh,
    declare(point) {
      declaredHere.add(point.name);
      const known = JSON.stringify(points.get(point.name));
      points.set(point.name, point);
      if (known === JSON.stringify(point)) return;
      // A failure is seen by whoever awaits settled(); an unawaited one must not end the host.
      writing = inTurn(() => documents.put(PREFIX + point.name, point));
      writing.catch(() => undefined);
    },
    get: (name) => points.get(name),
    list: () => [...points.values()],
    settled: () => writing,
  };
}
