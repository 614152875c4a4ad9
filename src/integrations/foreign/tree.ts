import type { ForeignSpan } from "./foreign-span.js";

/** What spans stand below. Spans that stand in a circle are walked once. */
export interface SpanTree {
  /** The nearest span above that is no `other`. */
  above(span: ForeignSpan): ForeignSpan | undefined;
  /** A search for the nearest span above that fits; what was found for one span is known for those below it. */
  search(fits: (above: ForeignSpan) => boolean): (span: ForeignSpan) => ForeignSpan | undefined;
}

export function treeOf(spans: readonly ForeignSpan[]): SpanTree {
  const byId = new Map(spans.map((span) => [span.id, span]));
  const search: SpanTree["search"] = (fits) => {
    const found = new Map<string, ForeignSpan | undefined>();
    return (span) => {
      const passed = new Set<string>();
      let nearest: ForeignSpan | undefined;
      let at: ForeignSpan | undefined = span;
      for (; at && !passed.has(at.id); at = byId.get(at.parentId ?? "")) {
        if (at !== span && fits(at)) {
          nearest = at;
          break;
        }
        passed.add(at.id);
        if (found.has(at.id)) {
          nearest = found.get(at.id);
          break;
        }
      }
      // In a circle a span stands above itself: for the others in it, it is found by themselves.
      const isCircle = nearest === undefined && at !== undefined && fits(span);
      for (const id of isCircle ? [span.id] : passed) found.set(id, nearest);
      return nearest;
    };
  };
  return { search, above: search((at) => at.kind !== "other") };
}

/** The spans of each outermost piece of work. */
export function outermostWork(spans: readonly ForeignSpan[]): ForeignSpan[][] {
  const workAbove = treeOf(spans).search((at) => at.kind === "work");
  const tops = new Map<string, ForeignSpan>();
  const groups = new Map<string, ForeignSpan[]>();
  for (const span of spans) {
    const passed = new Set<string>();
    let top = span.kind === "work" ? span : workAbove(span);
    for (let at = top; at && !passed.has(at.id); at = workAbove(at)) {
      passed.add(at.id);
      top = tops.get(at.id) ?? at;
      if (tops.has(at.id)) break;
    }
    if (!top) continue;
    for (const id of passed) tops.set(id, top);
    const group = groups.get(top.id);
    if (group) group.push(span);
    else groups.set(top.id, [span]);
  }
  return [...groups.values()];
}
