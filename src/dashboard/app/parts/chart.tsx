import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

/** An upright line with a word. */
interface Mark {
  at: number;
  text: string;
  tone: "good" | "bad";
}

/** A line over an axis, with the band around it. */
export interface ChartProps {
  /** What it shows, for who does not see it. */
  label: string;
  x: number[];
  y: (number | null)[];
  lower?: (number | null)[];
  upper?: (number | null)[];
  /** A level to reach. */
  level?: { value: number; text: string };
  marks?: readonly Mark[];
  /** Times in seconds on the x axis (default), or plain numbers. */
  time?: boolean;
  xLabel?: string;
  points?: boolean;
  range?: [number, number];
  /** Powers of ten on the y axis; values must be above 0. */
  log?: boolean;
}

const HEIGHT = 240;
/** Words of marks stand in so many rows, each so high. */
const ROWS = 3;
const WORD = 13;
/** How times are written on the axis: by the distance of two marks in seconds, and with the day where it changes. */
const TIMES: uPlot.Axis.Values = [
  [86_400 * 365, "{YYYY}", null, null, null, null, null, null, 1],
  [86_400 * 28, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [86_400, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
  [1, "{HH}:{mm}:{ss}", "\n{D} {MMM}", null, "\n{D} {MMM}", null, null, null, 1],
];

/** Only whole powers of ten have a line and a name: those in between would lie on each other. */
const TENFOLD: Pick<uPlot.Axis, "filter" | "values"> = {
  filter: (_u, splits) => splits.map((v) => (Number.isInteger(Math.round(1e6 * Math.log10(v)) / 1e6) ? v : null)),
  values: (_u, splits) =>
    splits.map((v: number | null) => (v === null ? null : v >= 1e4 || v < 1e-3 ? v.toExponential(0) : String(v))),
};

/** A colour of the style sheet as a canvas takes it: `light-dark()` is resolved only in a real property. */
function colour(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** A chart that follows its room's width and the screen's colours. */
export function Chart(props: ChartProps) {
  const room = useRef<HTMLDivElement>(null);
  const {
    label,
    x,
    y,
    lower,
    upper,
    level,
    marks = [],
    time = true,
    xLabel,
    points = false,
    range,
    log = false,
  } = props;
  const key = JSON.stringify([x, y, lower, upper, level, marks, time, range, log]);
  useEffect(() => {
    const element = room.current;
    if (!element) return;
    const dark = matchMedia("(prefers-color-scheme: dark)");
    let plot: uPlot | undefined;
    const draw = () => {
      plot?.destroy();
      const ink = colour("--quiet");
      const line = colour("--accent");
      const axis = { stroke: ink, grid: { stroke: colour("--line"), width: 1 }, ticks: { stroke: colour("--line") } };
      const series: uPlot.Series[] = [
        {},
        { label: "value", stroke: line, width: 2, points: { show: points, size: 7, fill: line } },
      ];
      const data: (number | null)[][] = [x, y];
      const bands: uPlot.Band[] = [];
      if (lower && upper) {
        series.push(
          { label: "upper", stroke: "transparent", points: { show: false } },
          { label: "lower", stroke: "transparent", points: { show: false } },
        );
        data.push(upper, lower);
        bands.push({ series: [2, 3], fill: line.replace("rgb(", "rgba(").replace(")", ", 0.16)") });
      }
      if (level) {
        series.push({ label: level.text, stroke: colour("--good"), dash: [6, 4], width: 1.5, points: { show: false } });
        data.push(x.map(() => level.value));
      }
      plot = new uPlot(
        {
          width: Math.max(200, element.clientWidth),
          height: HEIGHT,
          // Words of marks stand above the lines, not on them.
          padding: [marks.length > 0 ? 6 + WORD * Math.min(ROWS, marks.length) : null, null, null, null],
          legend: { show: false },
          cursor: { y: false },
          scales: {
            x: { time, range: (_u, least, most) => withMarks(least, most, marks) },
            ...(range && { y: { range } }),
            ...(log && { y: { distr: 3 } }),
          },
          axes: [
            {
              ...axis,
              label: xLabel,
              labelSize: xLabel ? 18 : 0,
              size: xLabel ? 34 : 46,
              values: time ? TIMES : undefined,
            },
            { ...axis, size: 48, ...(log && TENFOLD) },
          ],
          series,
          bands,
          hooks: { draw: [(u) => drawMarks(u, marks)] },
        },
        data as uPlot.AlignedData,
        element,
      );
    };
    draw();
    const resized = new ResizeObserver(() =>
      plot?.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT }),
    );
    resized.observe(element);
    dark.addEventListener("change", draw);
    return () => {
      resized.disconnect();
      dark.removeEventListener("change", draw);
      plot?.destroy();
    };
  }, [key]);
  return <div class="chart" ref={room} role="img" aria-label={label} />;
}

/** The axis reaches to the last mark, which may lie behind the last value. */
function withMarks(least: number, most: number, marks: readonly Mark[]): [number, number] {
  const last = Math.max(most, ...marks.map((m) => m.at));
  return [least, last > most ? last + 0.02 * (last - least) : most];
}

function drawMarks(u: uPlot, marks: readonly Mark[]): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  for (const [i, { at, text, tone }] of marks.entries()) {
    const x = Math.round(u.valToPos(at, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = ctx.fillStyle = colour(tone === "good" ? "--good" : "--bad");
    ctx.setLineDash(tone === "good" ? [] : [5 * devicePixelRatio, 4 * devicePixelRatio]);
    const up = (5 + WORD * (i % ROWS)) * devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top - up);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    const right = x + ctx.measureText(text).width + 8 * devicePixelRatio > bbox.left + bbox.width;
    ctx.textAlign = right ? "right" : "left";
    ctx.fillText(text, x + (right ? -4 : 4) * devicePixelRatio, bbox.top - up + 4 * devicePixelRatio);
  }
  ctx.restore();
}
