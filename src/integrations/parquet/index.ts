/**
 * Facts as Parquet tables, for DuckDB, pandas and warehouses; and back.
 * Needs the optional peers `hyparquet-writer` and `hyparquet`.
 * @module
 */
export { exportParquet, type ParquetExportOptions, type ParquetManifest } from "./export.js";
export { importParquet, type ParquetImported } from "./import.js";
