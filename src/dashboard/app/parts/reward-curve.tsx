import type { PointReport } from "../../../loop/index.js";
import { Chart } from "./chart.js";
import { RewardPoints, rewardChart } from "./reward-points.js";

/** Mean reward with its band, versions marked. */
export function RewardCurve({ point }: { point: PointReport }) {
  return (
    <>
      <Chart {...rewardChart(point)} />
      <RewardPoints point={point} />
    </>
  );
}
