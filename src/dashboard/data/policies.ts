import { checkArgument } from "../../core/arguments.js";
import { LearningError, show } from "../../core/index.js";
import type { LearningReport, PointStatus, TrialEvidence } from "../../loop/index.js";
import { textOf } from "./errors.js";
import { noteChange, signed } from "./journal.js";
import { checkedSource, type Person, type Source } from "./source.js";

type Registry = Source["loop"]["registry"];

/** Everything learned of one name. */
export interface ArtifactView {
  name: string;
  /** The decision point it decides for; absent for other artifacts. */
  point?: string;
  champion?: string;
  pinned: boolean;
  /** The newest first. */
  versions: ReturnType<Registry["versions"]>;
  /** The newest first. */
  history: ReturnType<Registry["history"]>;
}

/** A decision point with its versions. */
export interface PolicyView extends ArtifactView {
  point: string;
  status?: PointStatus;
  destinations: string[];
  exploration: number;
  /** Evidence of its trials over time, the newest trial first. */
  trials: TrialEvidence[];
  /** Fields of the context of its last decision, to try "what would it do with ...". */
  example?: Record<string, unknown>;
}

const PREFIX = "policy/";

/** The artifact of a decision point. */
export const routingName = (decisionPoint: string): string => PREFIX + decisionPoint;

/**
 * One artifact with its versions and what happened to it.
 * @example const { versions } = artifactOf({ loop }, "policy/triage");
 */
export function artifactOf(source: Source, name: string): ArtifactView {
  const { registry } = checkedSource(source).loop;
  checkArgument(name, "name", "text", "CONFIG_INVALID");
  const known = registry.names().includes(name);
  return {
    name,
    ...(name.startsWith(PREFIX) && { point: name.slice(PREFIX.length) }),
    champion: registry.champion(name)?.version,
    pinned: registry.isPinned(name),
    versions: known ? registry.versions(name).toReversed() : [],
    history: known ? registry.history(name).toReversed() : [],
  };
}

/**
 * All decision points with their versions.
 * @example for (const { point, status } of await policiesOf({ loop })) console.log(point, status?.champion);
 */
export async function policiesOf(source: Source): Promise<PolicyView[]> {
  const { loop } = checkedSource(source);
  const status = await loop.getLearningStatus();
  const declared = new Map(loop.inspect.points().map((p) => [p.name, p]));
  const names = new Set([...declared.keys(), ...status.decisionPoints.map((p) => p.decisionPoint)]);
  return Promise.all(
    [...names].sort().map(async (point) => ({
      ...artifactOf(source, routingName(point)),
      point,
      status: status.decisionPoints.find((p) => p.decisionPoint === point),
      destinations: declared.get(point)?.destinations ?? [],
      exploration: declared.get(point)?.exploration ?? 0,
      trials: await loop.inspect.trials(point),
      example: await lastContext(source, point),
    })),
  );
}

async function lastContext({ loop }: Source, decisionPoint: string): Promise<Record<string, unknown> | undefined> {
  for await (const { facts } of loop.inspect.store.read("decision", { decisionPoint, latest: true, limit: 1 }))
    return facts[0]?.context;
  return undefined;
}

/** How long a page waits for what is computed anew, where there is an older answer. */
const ANEW_WITHIN_MS = 1_000;

/**
 * Rewards over time and what pushes towards each destination. The last cycle left them; where something else serves by
 * now they are computed anew, once, and until then shown without the pushes, which would be another version's.
 */
export class ReportCache {
  private anew?: { basis: string; report: Promise<LearningReport> };

  async get({ loop }: Source): Promise<LearningReport> {
    const last = await loop.inspect.lastReport();
    if (last?.isCurrent) return last.report;
    const basis = `${(await loop.getLearningStatus()).lastCycle?.startedAt} ${loop.registry.history().length}`;
    const report = this.anew?.basis === basis ? this.anew.report : this.begin(loop, basis);
    if (!last) return report;
    let cancel = () => {};
    const late = new Promise<LearningReport>((resolve) => {
      cancel = loop.inspect.clock.schedule(() => resolve(last.report), ANEW_WITHIN_MS);
    });
    return Promise.race([report, late]).finally(() => cancel());
  }

  private begin(loop: Source["loop"], basis: string): Promise<LearningReport> {
    const report = loop.createReport();
    this.anew = { basis, report };
    // A failure is the caller's to see, and the next caller tries again.
    report.catch(() => {
      this.anew = undefined;
    });
    return report;
  }
}

const wrong = (name: string, value: unknown, expected: string) =>
  new LearningError("CONFIG_INVALID", {
    received: `${name} ${show(value)}`,
    expected,
    remedy: `Correct ${name}; nothing was changed.`,
  });

const MODES = ["auto", "shadow", "advise", "trial", "act"];

/**
 * Promotes, rolls back, pins, unpins or sets a mode, and writes down who and why.
 * @throws CONFIG_INVALID for what cannot be done; the registry's own errors for unknown versions and pinned names
 * @example
 * ```ts
 * const alice = { name: "alice", may: ["read", "steer"] } as const;
 * await steer({ loop }, alice, { action: "promote", name: "policy/triage", version: "v2", why: "looks good" });
 * ```
 */
export async function steer(source: Source, person: Person, body: Record<string, unknown>): Promise<void> {
  const { loop } = checkedSource(source);
  checkArgument(person, "person", { name: "text", may: "texts" }, "CONFIG_INVALID");
  checkArgument(body, "body", "object", "CONFIG_INVALID");
  const action = textOf(body, "action", 20);
  const subject = textOf(body, "name", 300);
  const why = textOf(body, "why");
  const reason = signed(person, why);
  let to: string | undefined;
  if (action === "promote") {
    to = textOf(body, "version", 100);
    await loop.registry.promote(subject, to, reason);
  } else if (action === "rollback") {
    await loop.registry.rollback(subject, reason);
    to = loop.registry.champion(subject)?.version ?? "the fallback";
  } else if (action === "pin") {
    to = body["version"] === undefined ? undefined : textOf(body, "version", 100);
    await loop.registry.pin(subject, to, reason);
    to ??= "the fallback";
  } else if (action === "unpin") {
    await loop.registry.unpin(subject);
  } else if (action === "mode") {
    to = textOf(body, "mode", 20);
    if (!MODES.includes(to)) throw wrong("mode", to, `one of ${MODES.join(", ")}`);
    await loop.setMode(subject, to as Parameters<typeof loop.setMode>[1]);
  } else throw wrong("action", action, "promote, rollback, pin, unpin or mode");
  await noteChange(source, person, { action, subject, to, why });
}

/**
 * What the serving policy would do in a context, and why. Nothing is recorded.
 * @example const { advice } = await askPolicy({ loop }, { point: "triage", context: { topic: "invoice" } });
 */
export async function askPolicy(source: Source, body: Record<string, unknown>) {
  const { loop } = checkedSource(source);
  checkArgument(body, "body", "object", "CONFIG_INVALID");
  const point = textOf(body, "point", 300);
  const { context } = body;
  if (typeof context !== "object" || context === null || Array.isArray(context))
    throw wrong("context", context, "a JSON object of the fields that the decision point's context has");
  const advice = await loop.optimizeOrchestratorDecision(context as Record<string, unknown>, { decisionPoint: point });
  const version = loop.registry.champion(routingName(point))?.version;
  if (version === undefined) return { advice };
  const decision = loop.inspect.imagined(point, context as never, version);
  return { advice, explanation: await loop.explainDecision(decision) };
}
