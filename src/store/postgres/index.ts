export { openPostgresStore } from "./open.js";
export type { PostgresStoreOptions } from "./options.js";
export type { SpillOptions } from "./spill.js";
export type { PostgresClient, PostgresPool } from "./sql.js";
