/**
 * The Sentinel orchestrator from scan to final report, offline: the mission's roles with a scripted
 * model, a scanner that knows two territories, an inspiration source, and one tool smith that is down.
 * Prints what was advised and done at each step, then the report.
 */
import {
  AGENT_ROLES,
  createRoleAgent,
  createSentinelOrchestrator,
  type RoleModel,
  type Scanner,
  sentinelRecursionLimit,
} from "langgraph-collective-learning/sentinel";

const scripted: RoleModel = {
  async invoke([message]) {
    const task = /Your task: (.*)/.exec(message?.content ?? "")?.[1] ?? "";
    const inspired = !message?.content.includes("(none)");
    return { content: `findings on "${task}"`, quality: inspired ? 0.9 : 0.7, tokens: 400 };
  },
};
const down: RoleModel = { invoke: () => Promise.reject(new Error("503 from the provider")) };

const scanner: Scanner = ([territory]) => {
  const id = territory?.id ?? "";
  const task = (n: number, title: string, capabilities: string[], dependsOn: number[] = [], creative = false) => ({
    id: `${id}-${n}`,
    title,
    workflow: id,
    capabilities,
    dependsOn: dependsOn.map((d) => `${id}-${d}`),
    creative,
  });
  const rivers = [
    task(1, "River gods compared", ["myth", "research"]),
    task(2, "Words for flowing", ["language"]),
    task(3, "A tale of two rivers", ["narrative"], [1, 2], true),
  ];
  const looms = [task(1, "A loom simulator", ["tools"]), task(2, "A pattern to weave", ["ideation"], [], true)];
  return { tasks: id === "rivers" ? rivers : looms, exhausted: [id], tokens: 100 };
};

const { toolSmith, ...others } = AGENT_ROLES;
const graph = createSentinelOrchestrator({
  agents: [
    ...Object.values(others).map((role) => createRoleAgent(role, scripted, { durationMs: 50, tokens: 400 })),
    createRoleAgent(toolSmith, down),
    createRoleAgent({ ...toolSmith, name: "spareSmith" }, scripted, { quality: 0.5 }),
  ],
  scanner,
  inspiration: ({ themes }) => ({ insights: [`What would ${themes[0] ?? "it"} be without water?`], tokens: 50 }),
  budget: { steps: 30, tokens: 20_000 },
}).compile();

const territories = [
  { id: "rivers", title: "Rivers and their stories" },
  { id: "looms", title: "Looms" },
];
const stream = await graph.stream(
  { goal: "An atlas of flowing things", territories },
  { recursionLimit: sentinelRecursionLimit(30), streamMode: "updates" },
);
for await (const update of stream)
  for (const [node, change = {}] of Object.entries(update)) {
    const { advice, steps, runs } = change;
    if (advice) console.log(`   advice: ${advice.destination} (${advice.why})`);
    if (Array.isArray(steps)) for (const s of steps) console.log(`${s.step}. ${s.action} (by ${s.source})`);
    if (Array.isArray(runs))
      for (const r of runs) console.log(`   ${node}: ${r.ok ? `${r.content} (${r.quality})` : `failed: ${r.error}`}`);
    if (change.finalReport) console.log("\nFinal report:", JSON.stringify(change.finalReport, null, 2));
  }
