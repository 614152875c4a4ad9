import type { MeasuredImprovement } from "../../evaluation/improvement.js";
import type { RegistryEvent } from "../../registry/index.js";
import type { CurvePoint, DestinationReport } from "../../worker/description.js";

export type { DestinationReport } from "../../worker/description.js";

/** What is known of one decision point. */
export interface PointReport {
  decisionPoint: string;
  decisions: number;
  rated: number;
  /** The version that serves, if any. */
  champion?: string;
  curve: CurvePoint[];
  events: RegistryEvent[];
  destinations: DestinationReport[];
}

/** Everything the report page shows. */
export interface LearningReport {
  createdAt: string;
  title: string;
  /** How much better the graph became, over all decision points; absent while nothing was measured. */
  improvement?: MeasuredImprovement;
  points: PointReport[];
  /** Extra tables of plain figures: a heading, column names, rows. */
  tables: { heading: string; columns: string[]; rows: (string | number)[][] }[];
}
