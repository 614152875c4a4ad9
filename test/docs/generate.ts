/** `npx tsx test/docs/generate.ts`: writes the pages that are made from the code. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { commandLinePage, configurationPage, errorsPage } from "./pages.js";

const write = (name: string, text: string) =>
  writeFileSync(fileURLToPath(new URL(`../../docs/${name}.md`, import.meta.url)), text);
write("errors", errorsPage());
write("configuration", configurationPage());
write("command-line", commandLinePage());
