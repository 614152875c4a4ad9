import { figure, moment } from "../format.js";
import type { ChartProps } from "./chart.js";

const WIDTH = 860;
const HEIGHT = 260;
const PAD = { left: 46, right: 14, top: 46, bottom: 28 };
/** Words of marks stand above the curve in so many rows, so that they lie neither on it nor on each other. */
const ROWS = 3;
const WORD = 13;

/** A chart as SVG that needs no script: what {@link ChartProps} says, for a page that is only read. */
export function StaticChart({ label, x, y, lower = [], upper = [], marks = [] }: ChartProps) {
  const known = [...y, ...lower, ...upper].filter((v) => v !== null);
  const low = Math.min(...known);
  const high = Math.max(...known, low + 1e-6);
  const begin = x[0] ?? 0;
  const end = Math.max(begin + 1e-6, ...x, ...marks.map((m) => m.at));
  const right = WIDTH - PAD.right;
  const bottom = HEIGHT - PAD.bottom;
  const atX = (v: number) => PAD.left + ((v - begin) / (end - begin)) * (right - PAD.left);
  const atY = (v: number) => PAD.top + (1 - (v - low) / (high - low)) * (bottom - PAD.top);
  const line = (values: readonly (number | null)[]) =>
    values.flatMap((v, i) => (v === null ? [] : [`${atX(x[i] ?? begin).toFixed(1)},${atY(v).toFixed(1)}`]));
  const band = [...line(upper), ...line(lower).reverse()];
  const day = (seconds: number) => moment(new Date(1000 * seconds).toISOString());
  return (
    <div class="scroll">
      <svg class="static" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
        {[0, 0.25, 0.5, 0.75, 1].map((share) => {
          const at = atY(low + share * (high - low));
          return (
            <g key={share}>
              <line class="gridline" x1={PAD.left} x2={right} y1={at} y2={at} />
              <text x={PAD.left - 6} y={at + 4} text-anchor="end">
                {figure(low + share * (high - low))}
              </text>
            </g>
          );
        })}
        {band.length > 0 && <polygon class="band" points={band.join(" ")} />}
        <polyline class="curve" points={line(y).join(" ")} />
        {y.map((v, i) => v !== null && <circle key={x[i]} cx={atX(x[i] ?? begin)} cy={atY(v)} r={3} />)}
        {marks
          .filter((m) => m.at >= begin)
          .map((m, i) => {
            const top = PAD.top - 6 - WORD * (i % ROWS);
            const isLate = atX(m.at) > right - 120;
            return (
              <g key={`${m.at} ${m.text}`} class={m.tone === "good" ? "promote" : "rollback"}>
                <line x1={atX(m.at)} x2={atX(m.at)} y1={top - 8} y2={bottom} />
                <text x={atX(m.at) + (isLate ? -5 : 5)} y={top} text-anchor={isLate ? "end" : "start"}>
                  {m.text}
                </text>
              </g>
            );
          })}
        <text x={PAD.left} y={HEIGHT - 8}>
          {day(begin)}
        </text>
        <text x={right} y={HEIGHT - 8} text-anchor="end">
          {day(end)}
        </text>
      </svg>
    </div>
  );
}
