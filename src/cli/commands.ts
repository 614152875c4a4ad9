import type { Command } from "./command.js";
import { check } from "./commands/check.js";
import { cycle } from "./commands/cycle.js";
import { decisions } from "./commands/decisions.js";
import { doctor } from "./commands/doctor.js";
import { experiments } from "./commands/experiments.js";
import { exportCommand } from "./commands/export.js";
import { feedbackCommand } from "./commands/feedback.js";
import { importCommand } from "./commands/import.js";
import { init } from "./commands/init.js";
import { learn } from "./commands/learn.js";
import { mcp } from "./commands/mcp.js";
import { migrateCommand } from "./commands/migrate.js";
import { patterns } from "./commands/patterns.js";
import { policies } from "./commands/policies.js";
import { report } from "./commands/report.js";
import { review, serve } from "./commands/serve.js";
import { status } from "./commands/status.js";
import { traces } from "./commands/traces.js";
import { watchCommand } from "./commands/watch.js";

/** The commands by name, in the order of the help. A new command is a file in `commands/` and a line here. */
export const COMMANDS: Record<string, Command> = {
  init,
  doctor,
  status,
  watch: watchCommand,
  cycle,
  learn,
  traces,
  decisions,
  policies,
  experiments,
  feedback: feedbackCommand,
  patterns,
  check,
  export: exportCommand,
  import: importCommand,
  migrate: migrateCommand,
  report,
  serve,
  review,
  mcp,
};
