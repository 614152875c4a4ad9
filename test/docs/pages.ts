import type { z } from "zod";
import { EXIT } from "../../src/cli/command.js";
import { COMMANDS } from "../../src/cli/commands.js";
import { ERROR_CODES } from "../../src/core/error-codes.js";
import { loopConfigSchema } from "../../src/learning/config.js";

/** The page of error codes. */
export function errorsPage(): string {
  const rows = Object.entries(ERROR_CODES).map(([code, { cause, remedy }]) => `| \`${code}\` | ${cause} | ${remedy} |`);
  return `# Errors

Every error thrown on purpose is a \`LearningError\`: \`code\`, and a message that says what was received, what was expected
and what to do; \`cause\` holds the error behind it. Tell it by \`isLearningError(error, code)\`, not by \`instanceof\`.

| code | cause | what to do |
| --- | --- | --- |
${rows.join("\n")}
`;
}

/** The page of the loop's options, with the defaults that the schema has. */
export function configurationPage(): string {
  const defaults = loopConfigSchema.parse({}) as Record<string, unknown>;
  const rows = Object.entries(loopConfigSchema.shape).map(([key, schema]) => {
    const value = defaults[key];
    const shown = value === undefined ? "-" : `\`${JSON.stringify(value)}\``;
    return `| \`${key}\` | ${shown} | ${(schema as z.ZodType).description ?? ""} |`;
  });
  return `# Configuration

\`CollectiveLearningLoop.open({ ... })\`; an unknown key is an error that names the nearest known one. A folder that is not
given stands under \`storagePath\`. \`LEARNING_DISABLED=1\` turns everything off; \`LEARNING_LOG=debug\` tells everything.

| key | default | meaning |
| --- | --- | --- |
${rows.join("\n")}
`;
}

/** The page of the commands, as they describe themselves. */
export function commandLinePage(): string {
  const text = (words: string) => words.replaceAll(/[<>|]/g, (c) => `\\${c}`);
  const rows = Object.entries(COMMANDS).map(([name, { summary }]) => `| [${name}](#${name}) | ${text(summary)} |`);
  const sections = Object.entries(COMMANDS).map(
    ([name, { usage, details, examples }]) => `## ${name}

\`\`\`text
collective-learning ${name} ${usage}
\`\`\`

${details}

\`\`\`sh
${examples.map((e) => `npx collective-learning ${e}`).join("\n")}
\`\`\`
`,
  );
  return `# The command line

\`npx collective-learning COMMAND\`; \`--help\` says the same as this page. Common to all: \`--dir FOLDER\` (the loop's
\`storagePath\`, default \`./learning\`) or \`--store ADDRESS\` (such as \`postgres://user:password@host/database\`),
\`--config FILE\` (JSON with other settings of \`CollectiveLearningLoop.open\`), and \`--json\` (one JSON value instead of
text, for scripts). Colours and progress appear on a terminal only.

| exit code | meaning | example |
| --- | --- | --- |
| ${EXIT.done} | done | \`status\` |
| ${EXIT.failed} | failed | \`report --out\` to a folder that cannot be written |
| ${EXIT.usage} | wrong usage | a misspelt option, a folder without a loop |
| ${EXIT.found} | done, and something needs a person | \`doctor\` found a problem, \`check\` a broken limit |

| command | what it does |
| --- | --- |
${rows.join("\n")}

${sections.join("\n")}`;
}
