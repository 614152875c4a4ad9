export { openPostgresStore, type PostgresStoreOptions } from "./open.js";
export type { SpillOptions } from "./spill.js";
export type { PostgresClient, PostgresPool } from "./sql.js";
