import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");

/** V8's collector, so that what is measured is what is held and not what has not been swept yet. */
export const collectGarbage = runInNewContext("gc") as (options?: { type: "minor" }) => void;
