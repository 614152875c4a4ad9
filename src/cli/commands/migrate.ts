import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { digest, show } from "../../core/index.js";
import { copyStore, openStoreAt } from "../../loop/index.js";
import { type LearningStore, openFileStore } from "../../store/index.js";
import { type Command, textOption, usageError } from "../command.js";

const isAddress = (place: string) => /^[a-z]+:\/\//.test(place);

/** The store at an address, or in a folder that must be there unless it may be made. */
async function storeAt(place: string, mayMake: boolean): Promise<LearningStore> {
  if (isAddress(place)) return openStoreAt(place);
  if (!mayMake && !existsSync(join(place, "models")))
    throw usageError(`--from ${show(place)}`, "a folder that a loop has written to, or postgres://...");
  const [traces, feedback, models] = ["traces", "feedback", "models"].map((name) => resolve(place, name)) as [
    string,
    string,
    string,
  ];
  return openFileStore({ traces, feedback, models });
}

export const migrateCommand: Command = {
  summary: "copies everything from one store to another, and compares the two",
  usage: "--from FOLDER|ADDRESS --to FOLDER|ADDRESS [--json]",
  details:
    "Stop what writes to either store before. A copy that was interrupted is continued by the same command; nothing is there twice. Ends with counts and checksums of both.",
  examples: ["migrate --from ./learning --to postgres://localhost/learning"],
  options: { from: { type: "string" }, to: { type: "string" } },
  async alone(_args, options, { err, terminal }) {
    const [from, to] = [textOption(options, "from"), textOption(options, "to")];
    if (!from || !to) throw usageError(from ? "no --to" : "no --from", "both --from and --to");
    const source = await storeAt(from, false);
    try {
      const target = await storeAt(to, true);
      try {
        const data = await copyStore(source, target, {
          // Without user and password: they may change in between, and are nobody's business.
          source: digest(isAddress(from) ? from.replace(/\/\/[^@/]*@/, "//") : resolve(from)),
          ...(terminal && { onProgress: (kind, copied) => err(`${kind}: ${copied}`) }),
        });
        const { trace, decision, feedback } = data.facts;
        return {
          data,
          text: `${trace} traces, ${decision} decisions, ${feedback} judgements, ${data.documents} documents and ${data.blobs} artifacts are the same in both (${data.fresh} facts copied now)`,
        };
      } finally {
        await target.close();
      }
    } finally {
      await source.close();
    }
  },
};
