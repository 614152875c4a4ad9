import type { DestinationReport } from "../../../loop/index.js";
import { figure, isNamed, percent, signed } from "../format.js";
import { Bars, Empty } from "./basics.js";

/** Features of a destination that are shown, the strongest first. */
const SHOWN = 12;

/** What pushes towards each destination; all bars on one scale, so that lengths can be compared. */
export function Pushes({ destinations }: { destinations: readonly DestinationReport[] }) {
  const named = (d: DestinationReport) =>
    [...d.towards, ...d.away]
      .filter((f) => isNamed(f.feature))
      .sort((a, b) => Math.abs(b.push) - Math.abs(a.push))
      .slice(0, SHOWN);
  const most = Math.max(1e-9, ...destinations.flatMap((d) => named(d).map((f) => Math.abs(f.push))));
  if (destinations.length === 0) return <Empty>Nothing was learned here yet.</Empty>;
  return (
    <div class="grid">
      {destinations.map((d) => (
        <div key={d.name}>
          <h3>{d.name}</h3>
          <p class="small quiet">
            {percent(d.share, 1)} of rated decisions
            {d.meanReward === undefined ? "" : `, mean reward ${figure(d.meanReward)}`}
          </p>
          {named(d).length === 0 && <Empty>No version serves whose weights could be shown.</Empty>}
          <Bars
            most={most}
            rows={named(d).map((f) => ({
              label: f.feature,
              value: f.push,
              text: signed(f.push),
              note: `in ${f.count} decisions`,
            }))}
          />
        </div>
      ))}
    </div>
  );
}
