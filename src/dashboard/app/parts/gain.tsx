import type { MeasuredImprovement } from "../../../loop/index.js";
import { percent, plural, signed } from "../format.js";
import { Figure } from "./basics.js";

/** How much better than the fallback, with its interval. */
export function Gain({ improvement: i, note = "" }: { improvement: MeasuredImprovement; note?: string }) {
  return (
    <Figure
      value={signed(i.mean)}
      tone={i.lower > 0 ? "good" : i.upper < 0 ? "bad" : undefined}
      label="reward per decision over the fallback"
      note={`${signed(i.lower)} to ${signed(i.upper)} at ${percent(i.level)}, from ${plural(i.decisions, "decision")}${note}`}
    />
  );
}
