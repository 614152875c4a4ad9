import type { PolicyView } from "../../data/policies.js";
import { post } from "../api.js";
import { figure, moment, signed } from "../format.js";
import { to } from "../route.js";
import { Badge, Empty, Section, Table } from "./basics.js";
import type { Levers } from "./levers.js";

/** The versions of a decision point with their estimates, and the lever to promote one by hand. */
export function Versions({ policy: p, maySteer, ask }: { policy: PolicyView } & Levers) {
  return (
    <Section title="Versions">
      {p.versions.length === 0 ? (
        <Empty>None was published yet.</Empty>
      ) : (
        <Table
          label={`Versions of ${p.point}`}
          phone="cards"
          head={
            <>
              <th>Version</th>
              <th>Made</th>
              <th>After</th>
              <th class="n">Rows</th>
              <th>Learned from</th>
              <th>Estimates</th>
              <th />
            </>
          }
        >
          {p.versions.map((v) => (
            <tr key={v.version}>
              <td class="nowrap">
                <b>{v.version}</b> {v.version === p.champion && <Badge tone="good">serves</Badge>}
              </td>
              <td class="nowrap" data-label="Made">
                {moment(v.createdAt)}
              </td>
              <td data-label="After">{v.lineage.parent ?? "–"}</td>
              <td class="n" data-label="Rows">
                {v.lineage.rows}
              </td>
              <td class="nowrap" data-label="Learned from">
                {v.lineage.dataFrom ? `${moment(v.lineage.dataFrom)} to ${moment(v.lineage.dataTo)}` : "–"}
              </td>
              <td class="small" data-label="Estimates">
                {estimates(v.lineage.estimates)}
              </td>
              <td>
                <a class="small" href={to("runs", { point: p.point, version: v.version })}>
                  Runs
                </a>{" "}
                {maySteer && v.version !== p.champion && !p.pinned && (
                  <button
                    type="button"
                    onClick={() =>
                      ask({
                        title: `Let ${v.version} serve at ${p.point}?`,
                        consequence:
                          "You promote it by hand: the gate's proof is not asked for. It is watched, and rolled back if it falls behind.",
                        button: `Promote ${v.version}`,
                        run: (why) => post("steer", { action: "promote", name: p.name, version: v.version, why }),
                      })
                    }
                  >
                    Promote
                  </button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Section>
  );
}

/** `lowerBound` as "lower bound". */
const words = (name: string) => name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();

/** Numbers of an estimate, in a line. */
function estimates(e: Record<string, unknown> | undefined): string {
  const said = Object.entries(e ?? {}).flatMap(([name, v]): string[] => {
    if (typeof v === "number")
      return [`${words(name)} ${Math.abs(v) >= 10 ? Math.round(v) : name === "risk" ? figure(v, 3) : signed(v)}`];
    if (typeof v !== "object" || v === null) return [];
    const { value, mean, lower, upper } = v as Record<string, unknown>;
    const middle = typeof value === "number" ? value : mean;
    if (typeof middle !== "number") return [];
    const range =
      typeof lower === "number" && typeof upper === "number" ? ` (${signed(lower)} to ${signed(upper)})` : "";
    return [`${words(name)} ${signed(middle)}${range}`];
  });
  return said.slice(0, 4).join(", ") || "–";
}
