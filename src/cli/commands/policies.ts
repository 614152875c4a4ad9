import { userInfo } from "node:os";
import { show } from "../../core/index.js";
import { artifactOf, askPolicy, policiesOf, steer } from "../../dashboard/index.js";
import type { CollectiveLearningLoop } from "../../loop/index.js";
import { type Command, type CommandResult, type OptionValues, textOption, usageError, wordOf } from "../command.js";
import { table, when } from "../text.js";

const CHANGES = ["promote", "rollback", "pin", "unpin", "mode"];

export const policies: Command = {
  summary: "versions: list, show, promote, rollback, pin, unpin, mode, explain",
  usage:
    "list | show POINT | promote POINT VERSION --why TEXT | rollback POINT --why TEXT | pin POINT [VERSION] --why TEXT | unpin POINT --why TEXT | mode POINT MODE --why TEXT | explain POINT --context JSON",
  details:
    "A change is written to the history with --by NAME (default the user of this machine) and --why. `pin` without a VERSION holds the fallback. Artifacts other than policies are named in full, such as prompt/greeting.",
  examples: [
    "policies show triage",
    'policies rollback triage --why "complaints since noon"',
    'policies explain triage --context \'{"topic":"invoice"}\'',
  ],
  takes: 3,
  options: { why: { type: "string" }, by: { type: "string" }, context: { type: "string" } },
  run(loop, args, options) {
    const action = wordOf(args, 0, "list, show, promote, rollback, pin, unpin, mode or explain");
    if (action === "list") return list(loop);
    if (action === "show") return showOne(loop, wordOf(args, 1, "a decision point"));
    if (action === "explain") return explain(loop, wordOf(args, 1, "a decision point"), options);
    if (CHANGES.includes(action)) return change(loop, action, args, options);
    throw usageError(`policies ${show(action)}`, `list, show, explain, ${CHANGES.join(", ")}`);
  },
};

/** The user of this machine; in containers a user may have a number alone. */
export function userName(read: () => { username: string } = userInfo): string {
  try {
    return read().username;
  } catch {
    return `user ${process.getuid?.() ?? "unknown"}`;
  }
}

const artifactName = (name: string) => (name.includes("/") || name === "reward-model" ? name : `policy/${name}`);

async function list(loop: CollectiveLearningLoop): Promise<CommandResult> {
  const data = await policiesOf({ loop });
  const rows = data.map((p) => [
    p.point,
    p.status?.mode ?? "auto",
    p.champion ?? "the fallback",
    p.pinned ? "pinned" : "",
    String(p.versions.length),
    p.status?.verdict ?? "",
  ]);
  return {
    data,
    text:
      rows.length > 0
        ? table(["point", "mode", "serves", "", "versions", "the gate says"], rows)
        : "no decision point is declared",
  };
}

async function showOne(loop: CollectiveLearningLoop, name: string): Promise<CommandResult> {
  await loop.getLearningStatus();
  const data = artifactOf({ loop }, artifactName(name));
  const versions = data.versions.map((v) => [
    v.version,
    v.version === data.champion ? "serves" : "",
    when(v.createdAt),
    v.lineage.parent ?? "-",
    String(v.lineage.rows),
  ]);
  const history = data.history.map((e) => `${when(e.at)}  ${e.action} ${e.version ?? "the fallback"}: ${e.reason}`);
  const text = [table(["version", "", "made", "after", "rows"], versions), "", ...history].join("\n");
  return { data, text: versions.length > 0 ? text : `nothing was published for ${name} yet` };
}

async function change(
  loop: CollectiveLearningLoop,
  action: string,
  args: string[],
  options: OptionValues,
): Promise<CommandResult> {
  const point = wordOf(args, 1, "a decision point");
  const why = textOption(options, "why");
  if (!why?.trim()) throw usageError("no --why", "the reason, for the history");
  await loop.getLearningStatus();
  const third = args[2];
  if (third === undefined && (action === "promote" || action === "mode"))
    throw usageError(`policies ${action} ${point}`, action === "mode" ? "a MODE" : "a VERSION");
  const person = { name: textOption(options, "by") ?? userName(), may: ["read", "steer"] as const };
  await steer({ loop }, person, {
    action,
    name: action === "mode" ? point : artifactName(point),
    why,
    ...(third !== undefined && (action === "mode" ? { mode: third } : { version: third })),
  });
  const serves = loop.registry.champion(artifactName(point))?.version ?? "the fallback";
  return { data: { action, point, serves }, text: `${point}: ${action} done; ${serves} serves` };
}

async function explain(loop: CollectiveLearningLoop, point: string, options: OptionValues): Promise<CommandResult> {
  const text = textOption(options, "context");
  if (text === undefined) throw usageError("no --context", "the context as a JSON object");
  let context: unknown;
  try {
    context = JSON.parse(text);
  } catch {
    throw usageError(`--context ${show(text)}`, "a JSON object");
  }
  await loop.getLearningStatus();
  const data = await askPolicy({ loop }, { point, context });
  const { advice, explanation } = data;
  const lines = [
    `${point} would go to ${advice.destination} (${advice.policyVersion ?? "the fallback"}): ${advice.why}`,
  ];
  for (const c of explanation?.candidates ?? []) {
    lines.push(`  ${c.candidate}: ${c.expectedReward.toFixed(3)} ± ${c.standardError.toFixed(3)}`);
    for (const f of c.contributions.slice(0, 5))
      lines.push(`    ${f.contribution >= 0 ? "+" : ""}${f.contribution.toFixed(4)}  ${f.feature}`);
  }
  return { data, text: lines.join("\n") };
}
