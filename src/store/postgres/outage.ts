import type { StoreHealth, StoreOutage } from "../learning-store.js";
import type { SetAside } from "./set-aside.js";
import { Spill, type SpillOptions } from "./spill.js";

const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Rows that cannot be read, an outage, and what waits on this host's disk. */
export async function healthOf(
  setAside: SetAside,
  outage: StoreOutage | undefined,
  spills: SpillOptions | undefined,
): Promise<StoreHealth> {
  const { unreadable, problems } = setAside.health();
  const waiting = spills ? await Spill.bytesIn(spills) : 0;
  if (outage)
    problems.push({
      code: "STORE_UNREACHABLE",
      message:
        `PostgreSQL cannot be reached since ${outage.since}: ${mib(outage.waitingBytes)} of records wait on the local ` +
        `disk, ${outage.refused} were refused. Graphs go on, and what waits is written once the server is back.`,
      count: 1,
    });
  else if (spills && waiting > 0)
    problems.push({
      code: "STORE_UNREACHABLE",
      message:
        `${mib(waiting)} of records wait in ${spills.folder} since PostgreSQL could not be reached. The process that ` +
        "keeps them writes them, or else the next one on this host that opens the store.",
      count: 1,
    });
  return {
    unreadable,
    problems,
    ...(outage && { outage }),
  };
}
