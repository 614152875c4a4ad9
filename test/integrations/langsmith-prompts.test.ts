import type { RequestListener } from "node:http";
import { Client } from "langsmith";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pullPrompt, pushPrompt } from "../../src/integrations/langsmith-prompts.js";
import { openWorld, supportPrompt } from "../prompts/support/world.js";
import { type LocalServer, localServer } from "../support/http-server.js";

interface Commit {
  commit_hash: string;
  manifest: unknown;
}

/** As much of the prompt hub as pushing and pulling needs. */
function hub() {
  const repos = new Map<string, Commit[]>();
  const listener: RequestListener = async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const body = text ? JSON.parse(text) : {};
    const { pathname } = new URL(request.url ?? "/", "http://hub");
    const answer = (status: number, value: unknown) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(value));
    };
    const [, kind, , name, hash] = pathname.split("/");
    const commits = repos.get(name ?? "");
    if (pathname.endsWith("/settings")) return answer(200, { id: "tenant", display_name: "t", tenant_handle: "me" });
    if (kind === "repos" && request.method === "POST") {
      repos.set(body.repo_handle, []);
      return answer(200, { repo: { repo_handle: body.repo_handle } });
    }
    if (!commits) return answer(404, { detail: "no such prompt" });
    if (kind === "repos") return answer(200, { repo: { repo_handle: name } });
    if (request.method === "POST") {
      commits.unshift({ commit_hash: `c${commits.length + 1}`, manifest: body.manifest });
      return answer(200, { commit: { id: "x", commit_hash: commits[0]?.commit_hash } });
    }
    if (!hash) return answer(200, { commits, total: commits.length });
    const found = hash === "latest" ? commits[0] : commits.find((c) => c.commit_hash === hash);
    return found ? answer(200, { ...found, examples: [] }) : answer(404, { detail: "no such commit" });
  };
  return { listener, repos };
}

describe("LangSmith's prompt hub", () => {
  const { listener, repos } = hub();
  let server: LocalServer;
  let client: Client;

  beforeAll(async () => {
    server = await localServer(listener);
    const apiUrl = server.url;
    client = new Client({ apiUrl, apiKey: "key", callerOptions: { maxRetries: 0 }, disablePromptCache: true });
  });
  afterAll(() => server.close());

  it("takes a version and gives it back unchanged, as a version that does not serve yet", async () => {
    const here = await openWorld();
    await here.prompts.register("support", supportPrompt("Keep {{braces}} and be kind."));
    await pushPrompt(here.prompts, client, "support");
    expect(repos.get("support")).toHaveLength(1);
    const there = await openWorld();
    await there.prompts.register("support", supportPrompt());
    expect(await pullPrompt(there.prompts, client, "support", "support")).toBe("v2");
    expect(there.prompts.list("support")[1]).toMatchObject({
      content: here.prompts.list("support")[0]?.content,
      serving: false,
      lineage: { estimates: { langsmith: "support@c1" } },
    });
  });

  it("says what went wrong", async () => {
    const { prompts } = await openWorld();
    await prompts.register("support", supportPrompt());
    await expect(pushPrompt(prompts, client, "support", { version: "v9" })).rejects.toThrow(/PROMPT_INVALID.*"v9"/);
    await expect(pullPrompt(prompts, client, "nothing-there", "support")).rejects.toThrow(
      /INTEGRATION_FAILED.*pull "nothing-there"/,
    );
  });
});
