/// <reference lib="dom" />
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChatPromptTemplate } from "@langchain/core/prompts";
import { END, START, StateGraph, StateSchema } from "@langchain/langgraph";
import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { createDashboard } from "langgraph-collective-learning/dashboard";
import { toNodeListener } from "langgraph-collective-learning/feedback";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ticketOffice, triageGraph } from "../support/triage.js";

const CHROMIUM = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SHOTS = ".cache/dashboard";
const PAGES = ["overview", "runs", "graph", "policies", "patterns", "prompts", "rewards", "inbox", "system"];
const HOSTILE = `"><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}\u202Egnp.exe`;

let dir: string;
let loop: CollectiveLearningLoop;
let clock: ManualClock;
let serve: ReturnType<typeof ticketOffice>;
let server: Server;
let home: string;
let browser: Browser;

// Chromium is Debian's package; without it these tests can show nothing.
const MISSING = !existsSync(CHROMIUM);
const WHY = MISSING ? ` (skipped: no Chromium at ${CHROMIUM}; install it, or set CHROMIUM_PATH)` : "";
describe.skipIf(MISSING)(`the dashboard in a browser${WHY}`, () => {
  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    dir = mkdtempSync(join(tmpdir(), "dashboard-browser-"));
    clock = new ManualClock();
    loop = await CollectiveLearningLoop.open({ storagePath: dir, clock, seed: 1, capture: { captureState: "full" } });
    const graph = triageGraph(loop, { learn: { policy: { kind: "squarecb" }, approval: "required" } });
    serve = ticketOffice(loop, graph, clock);
    await tryPrompts(60);
    await serve(200);
    await leaveUnjudged(graph, 60);
    await loop.triggerLearningCycle();
    const dashboard = createDashboard(loop, {
      identify: (r) => {
        const name = r.headers.get("x-user");
        return name ? { name, may: ["read", "judge", "steer"] } : undefined;
      },
    });
    server = createServer(toNodeListener(dashboard));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    home = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  });
  afterAll(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
    await loop?.close();
    rmSync(dir, { recursive: true, force: true });
  });

  /** Runs of a graph with a prompt, of which two versions are compared. */
  async function tryPrompts(runs: number) {
    const prompt = (text: string) => ChatPromptTemplate.fromMessages([["system", text]]);
    const plain = await loop.prompts.register("answer", prompt("Answer the customer."));
    const example = await loop.prompts.register("answer", prompt("Answer the customer with an example."));
    await loop.prompts.startExperiment({ promptId: "answer", variants: [plain, example] });
    const Answer = new StateSchema({ answer: z.string().optional() });
    const graph = loop.wrap(
      new StateGraph(Answer)
        .addNode("write", async (_, config) => {
          const { template } = await loop.prompts.get("answer", {}, config);
          return { answer: (await template.formatMessages({}))[0]?.text ?? "" };
        })
        .addEdge(START, "write")
        .addEdge("write", END)
        .compile(),
      { workflowType: "answers" },
    );
    for (let i = 0; i < runs; i++) {
      clock.advance(60_000);
      const workflowId = `answer-${i}`;
      const { answer } = await graph.invoke({}, { metadata: { workflowId } });
      await loop.feedback.submitOutcome(workflowId, answer?.includes("example") ? 0.9 : 0.4);
    }
  }
  /** Runs that no person judged yet, so that there is a reward to foresee; an evaluator scored the newest of them. */
  async function leaveUnjudged(graph: ReturnType<typeof triageGraph>, runs: number) {
    for (let i = 0; i < runs; i++) {
      clock.advance(60_000);
      const workflowId = `unjudged-${i}`;
      await graph.invoke({ topic: i % 2 ? "invoice" : "crash", noise: 0.5 }, { metadata: { workflowId } });
      const said = { source: "evaluator", userId: "politeness", cat: { score: i % 4 === 0 ? 2 : 9 } } as const;
      if (i >= runs - 20) await loop.feedback.submitFeedback({ workflowId, ...said });
    }
  }
  /** A page of one person, with everything noted that must not happen. */
  async function open(name: string, options: Parameters<Browser["newContext"]>[0] = {}) {
    const context: BrowserContext = await browser.newContext({ extraHTTPHeaders: { "x-user": name }, ...options });
    const page = await context.newPage();
    const wrong: string[] = [];
    page.on("console", (m) => {
      if (m.type() === "error" || m.type() === "warning") wrong.push(`console: ${m.text()}`);
    });
    page.on("pageerror", (e) => wrong.push(`error: ${e.message}`));
    page.on("dialog", (d) => {
      wrong.push(`dialog: ${d.message()}`);
      void d.dismiss();
    });
    page.on("request", (r) => {
      if (!r.url().startsWith(home) && !r.url().startsWith("data:")) wrong.push(`foreign: ${r.url()}`);
    });
    await page.goto(`${home}/`);
    await page.waitForSelector("h1");
    return { page, wrong, close: () => context.close() };
  }
  /** Playwright's own waiting evaluates text in the page, which its content policy forbids. */
  const until = (page: Page, condition: string) =>
    expect.poll(() => page.evaluate(condition), { timeout: 120_000, interval: 50 }).toBe(true);
  // Code for the page is text: the tests have Node's types, not the browser's.
  const go = async (page: Page, hash: string) => {
    // The page is drawn anew in the next frame; only then it says whether it waits for data.
    await page.evaluate(
      `location.hash = ${JSON.stringify(hash)}; new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))`,
    );
    await until(page, `!!document.querySelector("main h1") && !document.body.innerText.includes("Loading…")`);
  };
  const newestRuns = async (page: Page, limit: number) => {
    const answer = await page.evaluate(`fetch("/api/runs?limit=${limit}").then((r) => r.json())`);
    return (answer as { runs: { workflowId: string }[] }).runs.map((r) => r.workflowId);
  };
  const says = (page: Page, text: string) => until(page, `document.body.innerText.includes(${JSON.stringify(text)})`);

  it("lets a person judge ten runs by keyboard, approve what is proven, see it serve, and roll it back", async () => {
    const { page, wrong, close } = await open("alice");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement?.textContent")).toContain("To the content");
    await go(page, "#/inbox");
    for (let i = 0; i < 10; i++) {
      await says(page, `You judged ${i} today`);
      // Nothing is chosen for a person.
      expect(await page.locator('[aria-pressed="true"]').count()).toBe(0);
      await page.keyboard.press(i % 2 === 0 ? "8" : "3");
      await page.keyboard.press("Enter");
      await page.waitForSelector("text=Stored.");
    }
    await says(page, "You judged 10 today");
    await page.keyboard.press("z");
    await page.waitForSelector("text=Taken back.");
    expect(await page.textContent("main")).toContain("You judged 9 today");

    const [asked = ""] = await newestRuns(page, 1);
    await go(page, `#/run?id=${asked}`);
    await page.getByLabel("Ask somebody to judge it").fill("carol");
    await page.keyboard.press("Enter");
    await says(page, "carol finds it first in the inbox.");
    await go(page, "#/runs?text=nobody-wrote-this");
    await says(page, "No run fits.");

    await go(page, "#/policies");
    const waiting = page.locator("section", { hasText: "Proven, and waiting for your word" });
    expect(await waiting.textContent()).toMatch(/policy\/triage v1.*gain \+0\.\d+/);
    await waiting.getByRole("button", { name: "Let it serve" }).click();
    await page.getByLabel(/Why\?/).fill("the errors I saw are gone");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector("text=v1 serves");
    expect(loop.registry.champion("policy/triage")?.version).toBe("v1");
    expect(await serve(40)).toBeGreaterThan(0.85);
    await go(page, "#/runs?version=v1");
    expect(await page.locator("tbody tr").count()).toBeGreaterThan(30);

    await go(page, "#/policies");
    await page.getByRole("button", { name: "Roll back" }).click();
    await page.getByLabel(/Why\?/).fill("a complaint came in");
    await page.locator("dialog").getByRole("button", { name: "Roll back" }).click();
    await page.waitForSelector("dialog", { state: "detached" });
    expect(loop.registry.champion("policy/triage")).toBeUndefined();
    const history = loop.registry.history("policy/triage").map((e) => `${e.action} ${e.reason}`);
    expect(history.at(-2)).toMatch(/^promote alice: the errors I saw are gone/);
    expect(history.at(-1)).toBe("rollback alice: a complaint came in");
    await go(page, "#/system");
    expect(await page.textContent("main")).toContain(
      "alice rolled policy/triage back to the fallback: a complaint came in",
    );
    expect(wrong).toEqual([]);
    await close();
  });

  it("shows hostile names and comments as text", async () => {
    const { page, wrong, close } = await open(HOSTILE.replace(/[^\x20-\x7e]/g, ""));
    const [workflowId = ""] = await newestRuns(page, 1);
    await loop.feedback.submitFeedback({
      workflowId,
      userId: HOSTILE,
      comment: HOSTILE,
      tags: [HOSTILE],
      thumbs: "up",
    });
    for (const hash of [
      `#/run?id=${workflowId}`,
      `#/runs?text=${encodeURIComponent(HOSTILE)}`,
      "#/inbox",
      "#/system",
    ]) {
      await go(page, hash);
      expect(await page.locator("main img, main script, main iframe").count()).toBe(0);
    }
    await go(page, `#/run?id=${workflowId}`);
    expect(await page.textContent("main")).toContain("<script>alert(2)</script>");
    expect(wrong).toEqual([]);
    await close();
  });

  it.each([
    [1300, "light"],
    [1300, "dark"],
    [390, "light"],
    [390, "dark"],
  ] as const)("is whole and accessible at %i px, %s", async (width, colorScheme) => {
    const { page, wrong, close } = await open("bob", { viewport: { width, height: 900 }, colorScheme });
    const id = await newestRuns(page, 2);
    const hashes = [
      ...PAGES.map((p) => [p, `#/${p}`]),
      ["run", `#/run?id=${id[0]}`],
      ["compare", `#/compare?a=${id[0]}&b=${id[1]}`],
    ];
    for (const [name, hash] of hashes) {
      await go(page, hash ?? "");
      const over = await page.evaluate("document.documentElement.scrollWidth - innerWidth");
      expect(over, `${name} is wider than the screen`).toBeLessThanOrEqual(0);
      await page.evaluate(AXE);
      const { violations } = (await page.evaluate("axe.run()")) as {
        violations: { id: string; impact: string; nodes: { html: string }[] }[];
      };
      const found = violations
        .filter((v) => v.impact === "serious" || v.impact === "critical")
        .map((v) => `${v.id}: ${v.nodes[0]?.html}`);
      expect(found, name).toEqual([]);
      await page.screenshot({ path: join(SHOTS, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
    expect(wrong).toEqual([]);
    await close();
  });
});
