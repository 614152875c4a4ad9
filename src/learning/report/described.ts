import { isRecord } from "../../core/is-object.js";
import { averageImprovement, type MeasuredImprovement } from "../../evaluation/improvement.js";
import { routingArtifactName } from "../../policies/index.js";
import type { Registry } from "../../registry/index.js";
import type { DocumentStore } from "../../store/index.js";
import { isListOfRecords, shapedDocuments } from "../../store/shaped-documents.js";
import type { LearningReport, PointReport } from "./types.js";

/** What the last cycle found out about decision points, as a document of the store. */
const DESCRIBED_KEY = "loop/described";

/** A report from what the last cycle left. */
export interface LastReport {
  report: LearningReport;
  /** False where another version serves by now, whose pushes are not known yet. */
  isCurrent: boolean;
}

interface Described {
  at: string;
  points: PointReport[];
}

const isDescribed = (value: unknown) =>
  isRecord(value) &&
  Array.isArray(value.points) &&
  value.points.every((point: unknown) => isRecord(point) && isListOfRecords(point.destinations));

/** A report around what is known of decision points. */
export function framed(
  createdAt: string,
  measured: Readonly<Record<string, { improvement?: MeasuredImprovement }>>,
  points: PointReport[],
): LearningReport {
  const improvement = averageImprovement(Object.values(measured).flatMap((p) => p.improvement ?? []));
  return { createdAt, title: "What the graph learned", ...(improvement && { improvement }), points, tables: [] };
}

/** Keeps it for screens. */
export function keepDescribed(documents: DocumentStore, points: PointReport[], at: string): Promise<void> {
  // What happened is in the registry, where it is newer.
  return documents.put<Described>(DESCRIBED_KEY, { at, points: points.map((p) => ({ ...p, events: [] })) });
}

/** What was kept, with what happened since; what pushed towards destinations is of the version that served then. */
export async function lastDescribed(
  documents: DocumentStore,
  registry: Registry,
): Promise<{ points: PointReport[]; isCurrent: boolean } | undefined> {
  const last = await shapedDocuments<Described>(documents, isDescribed).get(DESCRIBED_KEY);
  if (!last) return undefined;
  const points = last.points.map((p) => {
    const name = routingArtifactName(p.decisionPoint);
    const champion = registry.champion(name)?.version;
    const events = registry.names().includes(name) ? registry.history(name) : [];
    const destinations =
      champion === p.champion ? p.destinations : p.destinations.map((d) => ({ ...d, towards: [], away: [] }));
    return { ...p, champion, events, destinations, isSame: champion === p.champion };
  });
  return {
    isCurrent: points.every((p) => p.isSame),
    points: points.map(({ isSame: _, ...p }) => p),
  };
}

/** It names words of what was said: an erasure takes it away. */
export function forgetDescribed(documents: DocumentStore): Promise<void> {
  return documents.delete(DESCRIBED_KEY);
}
