import { checkedSource, type Source } from "./source.js";

/** The registry name under which pattern reports are published. */
const ARTIFACT = "patterns";

type Analyzer = Source["loop"]["patterns"];
type Report = Awaited<ReturnType<Analyzer["analyzePatterns"]>>;

/** What the last published report found. */
export interface PatternsView {
  version?: string;
  createdAt?: string;
  report?: Pick<
    Report,
    "runs" | "ratedRuns" | "rewardBasis" | "patternsTested" | "patterns" | "failurePrecursors" | "decisionRules" | "fdr"
  >;
}

/** Findings shown of each kind. */
const MOST = 200;

/**
 * The serving pattern report, without what no page shows.
 * @example const { report } = await patternsOf({ loop });
 */
export async function patternsOf(source: Source): Promise<PatternsView> {
  const { loop } = checkedSource(source);
  const { registry } = loop;
  const serving = registry.names().includes(ARTIFACT) ? registry.champion(ARTIFACT) : undefined;
  if (!serving) return {};
  const report = (await registry.load(ARTIFACT, serving.version)) as Report;
  const { runs, ratedRuns, rewardBasis, patternsTested, patterns, failurePrecursors, decisionRules, fdr } = report;
  return {
    version: serving.version,
    createdAt: serving.createdAt,
    report: {
      runs,
      ratedRuns,
      rewardBasis,
      patternsTested,
      fdr,
      patterns: patterns.slice(0, MOST),
      failurePrecursors: failurePrecursors.slice(0, MOST),
      decisionRules: decisionRules.slice(0, MOST),
    },
  };
}
