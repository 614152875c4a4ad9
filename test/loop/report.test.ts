import { type LearningReport, renderReportHtml } from "langgraph-collective-learning";
import { expect, it } from "vitest";

const push = (feature: string, by: number) => ({ feature, push: by, count: 12 });

const REPORT: LearningReport = {
  createdAt: "2026-11-28T08:19:00.000Z",
  title: "What was learned",
  improvement: {
    mean: 0.12,
    lower: 0.05,
    upper: 0.19,
    level: 0.95,
    decisions: 400,
    method: "self-normalised",
  } as never,
  points: [
    {
      decisionPoint: "triage",
      decisions: 500,
      rated: 400,
      champion: "v2",
      curve: [1, 2].map((n) => ({
        from: `2026-11-2${n}T00:00:00.000Z`,
        to: `2026-11-2${n + 1}T00:00:00.000Z`,
        count: 200,
        mean: 0.4 + 0.1 * n,
        standardError: 0.01,
        policyShare: n - 1,
      })),
      events: [
        { at: "2026-11-22T12:00:00.000Z", name: "policy/triage", action: "promote", version: "v2", reason: "proven" },
      ],
      destinations: [
        {
          name: "tech",
          share: 0.5,
          meanReward: 0.6,
          towards: [
            push("topic = crash", 0.1511),
            push("rare words #310", 0.14),
            push("", 0.13),
            push("topic = ", 0.12),
          ],
          away: [push("topic = invoice", -0.0922)],
        } as never,
        { name: "billing", share: 0.5, towards: [push("topic = invoice", 0.3022)], away: [] } as never,
      ],
    },
  ],
  tables: [],
};

it("leads with the gain, and draws all pushes of a point on one scale", () => {
  const html = renderReportHtml(REPORT);
  expect(html.indexOf("+0.120")).toBeLessThan(html.indexOf("Decision point triage"));
  expect(html.indexOf("+0.120")).toBeGreaterThan(0);
  const widths = [...html.matchAll(/class="(?:towards|away)" style="[^"]*width:\s*([\d.]+)%/g)].map((m) =>
    Number(m[1]),
  );
  // Of a track that has its middle at 50 %.
  expect(widths).toEqual([25, 15.3, 50]);
});

it("names nothing that says nothing to people: no buckets, no empty names, no raw timestamps", () => {
  const html = renderReportHtml(REPORT);
  expect(html).not.toContain("rare words");
  expect(html).not.toMatch(/<td><\/td>|<td>topic = <\/td>/);
  expect(html.replaceAll(/datetime="[^"]*"/g, "")).not.toMatch(/\d{4}-\d\d-\d\dT/);
  expect(html).toContain("28 Nov 2026, 08:19 UTC");
  expect(html).toContain("v2 serves");
  expect(html).toContain('name="viewport"');
});
