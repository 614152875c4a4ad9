import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CollectiveLearningLoop, ManualClock, renderReportHtml } from "langgraph-collective-learning";
import { chromium } from "playwright-core";
import { describe, expect, it } from "vitest";
import { ticketOffice, triageGraph } from "../support/triage.js";

const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";

describe.skipIf(!existsSync(BROWSER))(`the report in a browser (needs Chromium at ${BROWSER}, or CHROMIUM)`, () => {
  it("opens without network, shows the curve and what pushes towards each destination", async () => {
    const dir = mkdtempSync(join(tmpdir(), "report-"));
    const clock = new ManualClock();
    const loop = await CollectiveLearningLoop.open({ storagePath: dir, clock });
    await ticketOffice(loop, triageGraph(loop), clock)(200);
    await loop.triggerLearningCycle();
    const file = join(dir, "report.html");
    const report = await loop.createReport();
    report.title = 'Report <img src="x" onerror="document.title=1">';
    writeFileSync(file, renderReportHtml(report));
    await loop.close();

    const browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox", "--disable-gpu"] });
    try {
      const page = await browser.newPage();
      const asked: string[] = [];
      const wrong: string[] = [];
      page.on("request", (r) => asked.push(r.url()));
      page.on("console", (m) => wrong.push(m.text()));
      page.on("pageerror", (e) => wrong.push(e.message));
      await page.goto(pathToFileURL(file).href);
      expect(asked).toEqual([pathToFileURL(file).href]);
      expect(wrong).toEqual([]);
      expect(await page.title()).toContain("<img");
      expect(await page.locator("svg polyline.curve").count()).toBe(1);
      expect(await page.locator("svg g.promote line").count()).toBe(1);
      expect(await page.getByRole("heading", { name: "tech" }).count()).toBe(1);
      expect(await page.getByText("topic = crash").count()).toBeGreaterThan(0);
    } finally {
      await browser.close();
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
