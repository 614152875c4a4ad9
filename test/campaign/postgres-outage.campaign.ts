import { type OutageFigures, postgresOutage } from "../support/postgres-outage.js";

/** Half an hour without the database, at 20 runs a second; `test:full` runs a tenth of it. */
export default async (): Promise<Record<string, unknown>> => {
  const figures: OutageFigures = await postgresOutage(1800);
  return { ...figures };
};
