/**
 * The local web page over a loop: see it learn, and steer it.
 * @module
 */
export { createDashboard, type Dashboard, type DashboardOptions } from "./create-dashboard.js";
export { examine, type Finding } from "./data/doctor.js";
export type { Person, Right } from "./data/source.js";
export type { AccessOptions } from "./web/access.js";
export { isLoopback } from "./web/access.js";
