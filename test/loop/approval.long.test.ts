import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CollectiveLearningLoop, ManualClock } from "langgraph-collective-learning";
import { createDashboard } from "langgraph-collective-learning/dashboard";
import { expect, it } from "vitest";
import { askForApproval } from "../../src/registry/approvals.js";
import { supportPrompt } from "../prompts/support/world.js";
import { ticketOffice, triageGraph } from "../support/triage.js";

it("lets what is proven wait for a person's word, and serves it from then on", async () => {
  const storagePath = mkdtempSync(join(tmpdir(), "approval-"));
  const clock = new ManualClock();
  const loop = await CollectiveLearningLoop.open({ storagePath, clock, seed: 1 });
  try {
    const graph = triageGraph(loop, { learn: { policy: { kind: "squarecb" }, approval: "required" } });
    const serve = ticketOffice(loop, graph, clock);
    await serve(200);
    const first = await loop.triggerLearningCycle();
    expect(first.steps.find((s) => s.component === "routing/triage")?.message).toMatch(/^v1 is proven and waits/);
    expect(loop.registry.champion("policy/triage")).toBeUndefined();
    // Meanwhile nothing else is judged: that would cost the gate's risk.
    await serve(50);
    const second = await loop.triggerLearningCycle();
    expect(second.steps.find((s) => s.component === "routing/triage")?.message).toMatch(/waits for approval since/);
    expect(await loop.inspect.approvals()).toMatchObject([{ name: "policy/triage", version: "v1" }]);

    const dashboard = createDashboard(loop);
    const answer = await dashboard(
      new Request("http://localhost/api/approve", {
        method: "POST",
        headers: { authorization: `Bearer ${dashboard.token}`, "content-type": "application/json" },
        body: JSON.stringify({ name: "policy/triage", version: "v1", agree: true, why: "looks right" }),
      }),
    );
    expect(answer.status).toBe(200);
    expect(await loop.inspect.approvals()).toEqual([]);
    expect(loop.registry.champion("policy/triage")?.version).toBe("v1");
    expect(loop.registry.history("policy/triage").at(-1)?.reason).toMatch(/^local: looks right \(proven: gain/);
    expect(await serve(100)).toBeGreaterThan(0.9);
  } finally {
    await loop.close();
    rmSync(storagePath, { recursive: true, force: true });
  }
}, 60_000);

it("lets a version wait no longer that was proven with a destination offered no more", async () => {
  const storagePath = mkdtempSync(join(tmpdir(), "approval-"));
  const clock = new ManualClock();
  const learn = { policy: { kind: "squarecb" }, approval: "required" } as const;
  const triage = async (loop: CollectiveLearningLoop) =>
    (await loop.triggerLearningCycle()).steps.find((s) => s.component === "routing/triage")?.message;
  const first = await CollectiveLearningLoop.open({ storagePath, clock, seed: 1 });
  try {
    await ticketOffice(first, triageGraph(first, { learn }), clock)(200);
    expect(await triage(first)).toMatch(/^v1 is proven and waits/);
  } finally {
    await first.close();
  }
  const second = await CollectiveLearningLoop.open({ storagePath, clock, seed: 1 });
  try {
    second.router({
      decisionPoint: "triage",
      destinations: ["billing", "sales"],
      context: ({ topic }: { topic: string }) => ({ topic }),
      fallback: () => "billing",
      learn,
    });
    expect(await triage(second)).toBe(
      "v1 waits for approval no longer: tech is offered no longer, and it was proven with it",
    );
    expect(await second.inspect.approvals()).toEqual([]);
    expect(second.registry.champion("policy/triage")).toBeUndefined();
  } finally {
    await second.close();
    rmSync(storagePath, { recursive: true, force: true });
  }
}, 60_000);

it("lets a prompt wait as well, and a person agree or turn it down", async () => {
  const storagePath = mkdtempSync(join(tmpdir(), "approval-"));
  const clock = new ManualClock();
  const loop = await CollectiveLearningLoop.open({ storagePath, clock });
  try {
    await loop.prompts.register("support", supportPrompt());
    const version = await loop.prompts.register("support", supportPrompt("Answer with an example."));
    const dashboard = createDashboard(loop);
    const decide = async (agree: boolean) => {
      const { documents } = loop.inspect.store;
      await askForApproval(documents, clock, { name: "prompt/support", version, reason: "winner" });
      const answer = await dashboard(
        new Request("http://localhost/api/approve", {
          method: "POST",
          headers: { authorization: `Bearer ${dashboard.token}`, "content-type": "application/json" },
          body: JSON.stringify({ name: "prompt/support", version, agree, why: "read it" }),
        }),
      );
      expect(answer.status).toBe(200);
      expect(await loop.inspect.approvals()).toEqual([]);
      return loop.registry.champion("prompt/support")?.version;
    };
    expect(await decide(false)).toBe("v1");
    expect(await decide(true)).toBe("v2");
    expect(loop.prompts.history("support").at(-1)?.reason).toBe("local: read it (proven: winner)");
  } finally {
    await loop.close();
    rmSync(storagePath, { recursive: true, force: true });
  }
});
