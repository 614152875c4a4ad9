import { type Tenants, tenantOf } from "../../core/tenants.js";
import { PROMPT_POINT } from "../../evaluation/experiment/index.js";
import type { Registry } from "../../registry/index.js";
import type { PromptChange } from "../proposals/lessons.js";
import type { ProposalSettings } from "../proposals/proposal.js";
import type { ExperimentsBook } from "./experiments-book.js";
import type { PromptLibrary, PromptVersion } from "./library.js";

/** The method by which a model writes versions from comments on runs. */
const FROM_COMMENTS = "rewrite";

interface Known {
  library: PromptLibrary;
  book: ExperimentsBook;
  registry: Registry;
  tenants?: Tenants | undefined;
}

/**
 * What experiments said of changes to other prompts: those of the same tenant, or those named. A view over versions and
 * experiments: nothing is stored of it.
 * @throws PROMPT_INVALID for the name of a prompt that nobody registered
 */
export function changesElsewhere(
  { library, book, registry, tenants = {} }: Known,
  promptId: string,
  from: ProposalSettings["from"],
): PromptChange[] {
  if (from === "none") return [];
  const isNear = (id: string) => tenantOf(tenants, id) === tenantOf(tenants, promptId);
  const ids = from === "related" ? library.ids().filter(isNear) : from;
  for (const id of ids) library.mustKnow(id);
  return ids.filter((id) => id !== promptId).flatMap((id) => changesOf(id, { library, book, registry }));
}

function changesOf(id: string, { library, book, registry }: Omit<Known, "tenants">): PromptChange[] {
  const failed = rolledBack(registry, id);
  const versions = new Map(library.list(id).map((v) => [v.version, v]));
  return book.all(id).flatMap(({ definition, report, ended }) => {
    if (ended?.reason !== "decided" || !report || report.verdict === "not-enough-data") return [];
    const [control, ...others] = definition.variants;
    const means = new Map(report.variants.map((v) => [v.version, v.mean]));
    const before = versions.get(control ?? "");
    return others.flatMap((version): PromptChange[] => {
      const after = versions.get(version);
      if (!before || !after) return [];
      const confidential = [before, after].some((v) => isFromComments(v, versions));
      const effect = (means.get(version) ?? 0) - (means.get(before.version) ?? 0);
      const won = report.winner === version && !failed.has(version);
      return [{ before: before.content, after: after.content, won, effect, confidential }];
    });
  });
}

/** Whether a model wrote it, or a version it came from, from comments on runs. */
function isFromComments(version: PromptVersion, versions: ReadonlyMap<string, PromptVersion>): boolean {
  const seen = new Set<string>();
  for (
    let at: PromptVersion | undefined = version;
    at && !seen.has(at.version);
    at = versions.get(at.lineage.parent ?? "")
  ) {
    if (at.lineage.estimates?.["method"] === FROM_COMMENTS) return true;
    seen.add(at.version);
  }
  return false;
}

/** Versions that served and were taken back. */
function rolledBack(registry: Registry, promptId: string): Set<string> {
  const failed = new Set<string>();
  let serving: string | undefined;
  for (const { action, version } of registry.history(PROMPT_POINT + promptId)) {
    if (action === "rollback" && serving !== undefined) failed.add(serving);
    if (action === "rollback" || action === "promote") serving = version;
  }
  return failed;
}
