import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMemoryStore } from "langgraph-collective-learning";
import { toNodeListener } from "langgraph-collective-learning/feedback";
import {
  createFederationHandler,
  type FederationHandlerOptions,
  folderTransport,
  httpTransport,
  storeTransport,
} from "langgraph-collective-learning/together";
import { afterEach, describe, expect, it } from "vitest";
import { localServer } from "../support/http-server.js";
import { contribution, tryTransport } from "./support/contract.js";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "letters-"));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
const secrets = { north: "north-0123456789abcdef", south: "south-0123456789abcdef" };

/** A meeting place on the loopback. */
async function meeting(options: Partial<FederationHandlerOptions> = {}): Promise<string> {
  const transport = folderTransport(aFolder());
  const server = await localServer(toNodeListener(createFederationHandler({ transport, secrets, ...options })));
  closing.push(server.close);
  return `${server.url}/meet`;
}

tryTransport("folder", async () => {
  const folder = aFolder();
  return { north: folderTransport(folder), south: folderTransport(folder) };
});
tryTransport("store", async () => {
  const { documents } = createMemoryStore();
  return { north: storeTransport(documents), south: storeTransport(documents) };
});
tryTransport("HTTP", async () => {
  const url = await meeting();
  const at = (secret: string) => httpTransport({ url: `${url}/`, secret });
  return { north: at(secrets.north), south: at(secrets.south) };
});

describe("the meeting place", () => {
  const own = contribution("north", "invoice", 1);
  const letter = (url: string, init: RequestInit) =>
    fetch(url, { ...init, headers: { authorization: `Bearer ${secrets.north}` } });

  it("lets nobody in without a secret, and no site speak for another", async () => {
    const url = await meeting();
    const stranger = httpTransport({ url, secret: "x".repeat(20) });
    await expect(stranger.receive("r1", "contribution")).rejects.toThrow(/FEDERATION_INVALID.*401/);
    await expect(stranger.send("r1", "contribution", own)).rejects.toThrow(/401/);
    const south = httpTransport({ url, secret: secrets.south });
    await expect(south.send("r1", "contribution", own)).rejects.toThrow(/403.*its own name/);
    expect(await south.receive("r1", "contribution")).toEqual([]);
    // Neither by a letter that says another name than the address.
    const forged = JSON.stringify(contribution("south", "crash", 0));
    expect((await letter(`${url}/r1/contribution/north`, { method: "PUT", body: forged })).status).toBe(403);
  });

  it("takes letters only, within its limits", async () => {
    const url = await meeting({ maxBytes: 100, bodyTimeoutMs: 60_000 });
    const put = async (path: string, body: string) => (await letter(`${url}/${path}`, { method: "PUT", body })).status;
    expect(await put("r1/contribution/north", "x".repeat(101))).toBe(413);
    expect(await put("r1/contribution/north", "no JSON")).toBe(400);
    expect(await put("r1/other/north", "{}")).toBe(404);
    expect((await letter(`${url}/r1/other`, {})).status).toBe(404);
    expect((await letter(`${url}/%E0%A4%A/contribution`, {})).status).toBe(400);
    expect((await letter(`${url}/r1/contribution`, { method: "DELETE" })).status).toBe(405);
  });

  it("says when it cannot be reached, or cannot reach its letters", async () => {
    const gone = await localServer(() => {});
    await gone.close();
    const nobody = httpTransport({ url: gone.url, secret: secrets.north, timeoutMs: 5000 });
    await expect(nobody.receive("r1", "key")).rejects.toThrow(/STORE_UNREACHABLE/);
    const folder = join(aFolder(), "file");
    writeFileSync(folder, "");
    const errors: string[] = [];
    const logger = { debug() {}, info() {}, warn() {}, error: (message: string) => errors.push(message) };
    const url = await meeting({ transport: folderTransport(folder), logger });
    const north = httpTransport({ url, secret: secrets.north });
    await expect(north.receive("r1", "key")).rejects.toThrow(/STORE_UNREACHABLE.*503/);
    expect(errors).toEqual(["a federation request failed"]);
  });

  it("says what answered in its place: the page of a proxy, a login, another server", async () => {
    for (const [status, body] of [
      [404, "<html>no such page</html>"],
      [401, ""],
      [200, "<html>log in</html>"],
      [502, "<html>bad gateway</html>"],
    ] as const) {
      const server = await localServer((_, response) => response.writeHead(status).end(body));
      closing.push(server.close);
      const north = httpTransport({ url: server.url, secret: secrets.north });
      const code = status >= 500 ? "STORE_UNREACHABLE" : "FEDERATION_INVALID";
      const said = new RegExp(`${code}.*${status}: ${JSON.stringify(body)}`);
      await expect(north.receive("r1", "key")).rejects.toThrow(said);
      await expect(north.send("r1", "contribution", own)).rejects.toThrow(said);
    }
  });

  it("is asked under the whole address that was given, and with a time that a timer can wait", async () => {
    const asked: (string | undefined)[] = [];
    const server = await localServer((request, response) => {
      asked.push(request.url);
      response.end("[]");
    });
    closing.push(server.close);
    await httpTransport({ url: `${server.url}/meet/?key=1#x`, secret: secrets.north }).receive("r1", "key");
    expect(asked).toEqual(["/meet/r1/key?key=1"]);
    // A timer of 2^31 ms fires at once.
    const patient = () => httpTransport({ url: server.url, secret: secrets.north, timeoutMs: 2 ** 31 });
    expect(patient).toThrow(/CONFIG_INVALID.*timeoutMs/);
  });

  it("does not follow to another address", async () => {
    const other = await meeting();
    const server = await localServer((_, response) => response.writeHead(307, { location: other }).end());
    closing.push(server.close);
    await expect(httpTransport({ url: server.url, secret: secrets.north }).receive("r1", "key")).rejects.toThrow(
      /STORE_UNREACHABLE/,
    );
  });

  it("is not opened with a short secret", () => {
    const transport = folderTransport("unused");
    const short = () => createFederationHandler({ transport, secrets: { north: "short" } });
    expect(short).toThrow(/CONFIG_INVALID.*5 characters for "north"/);
    expect(short).not.toThrow(/short/);
    // Whose letters would they be?
    const shared = { north: secrets.north, south: secrets.north };
    expect(() => createFederationHandler({ transport, secrets: shared })).toThrow(
      /CONFIG_INVALID.*"north" and "south"/,
    );
    expect(() => createFederationHandler({ transport, secrets: { "nord süd": secrets.north } })).toThrow(/nord süd/);
    expect(() => createFederationHandler({ transport: {} as never, secrets })).toThrow(/CONFIG_INVALID.*transport/);
    expect(() => httpTransport({ url: "file:///x", secret: secrets.north })).toThrow(/CONFIG_INVALID/);
  });
});

it.each([
  ["folder", () => folderTransport(aFolder())],
  ["store", () => storeTransport(createMemoryStore().documents)],
])("a %s takes no masked letter in another round than its own", async (_, make) => {
  const letter = {
    schemaVersion: 1 as const,
    site: "north",
    plan: "p",
    size: 1,
    round: "r1",
    sites: ["north"],
    words: "",
  };
  const transport = make();
  await transport.send("r1", "masked", letter);
  await expect(transport.send("r2", "masked", letter)).rejects.toThrow(
    /FEDERATION_INVALID.*round "r1" in the round "r2"/,
  );
});

it("a letter under another site's name is refused, in a folder and in a store", async () => {
  const forged = contribution("south", "crash", 1);
  const folder = aFolder();
  mkdirSync(join(folder, "r1", "contribution"), { recursive: true });
  writeFileSync(join(folder, "r1", "contribution", "north.json"), JSON.stringify(forged));
  const wrong = /FEDERATION_INVALID.*the site "south" under the name of "north"/;
  await expect(folderTransport(folder).receive("r1", "contribution")).rejects.toThrow(wrong);
  const { documents } = createMemoryStore();
  await documents.put("federation/r1/contribution/north", { text: JSON.stringify(forged) });
  await expect(storeTransport(documents).receive("r1", "contribution")).rejects.toThrow(wrong);
});

describe("a folder", () => {
  it("leaves nothing half written, and says what is damaged", async () => {
    const folder = aFolder();
    const transport = folderTransport(folder);
    await transport.send("r1", "contribution", contribution("north", "invoice", 1));
    expect(readdirSync(join(folder, "r1", "contribution"))).toEqual(["north.json"]);
    mkdirSync(join(folder, "r2", "contribution"), { recursive: true });
    writeFileSync(join(folder, "r2", "contribution", "south.json"), "{");
    await expect(transport.receive("r2", "contribution")).rejects.toThrow(/FEDERATION_INVALID.*no JSON/);
  });
});
