import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createFeedbackHandler, FeedbackCollector, toNodeListener } from "langgraph-collective-learning/feedback";
import { openFileStore } from "langgraph-collective-learning/store";
import { aTrace } from "../support/facts.js";
import { type Bench, median, round } from "./support/bench.js";

const CONNECTIONS = 64;
/** So many runs a collector knows at once when it begins; an older one it looks up in the store when it is judged. */
const KNOWN = 20_000;

/** Submissions a second of one client process on loopback, each answered once its record is synced to the disk. */
async function perSecond(listener: RequestListener, tokens: string[]): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const client = fork(new URL("./feedback/client.mjs", import.meta.url), { execArgv: [] });
  const answer = new Promise<{ seconds: number; created: number }>((resolve, reject) => {
    client.once("message", (m) => resolve(m as { seconds: number; created: number }));
    client.once("error", reject);
    client.once("exit", (code) => reject(new Error(`the client ended with ${code} before it answered`)));
  });
  client.send({ port: (server.address() as AddressInfo).port, tokens, connections: CONNECTIONS });
  const { seconds, created } = await answer;
  server.closeAllConnections();
  server.close();
  if (created !== tokens.length) throw new Error(`${tokens.length - created} of ${tokens.length} were not taken`);
  return tokens.length / seconds;
}

/** What Node's own server does with the same requests, keeping nothing: the ceiling. */
const bare: RequestListener = (request, response) => {
  let text = "";
  request.on("data", (part) => {
    text += part;
  });
  request.on("end", () => {
    JSON.parse(text);
    response.writeHead(201, { "content-type": "application/json" }).end("{}");
  });
};

const bench: Bench = async ({ quick }) => {
  const repetitions = quick ? 3 : 12;
  const each = quick ? 2000 : 3000;
  const folder = await mkdtemp(join(tmpdir(), "bench-feedback-"));
  const store = await openFileStore({
    traces: join(folder, "t"),
    feedback: join(folder, "f"),
    models: join(folder, "m"),
  });
  const ids = Array.from({ length: each * repetitions }, (_, i) => `w${i}`);
  await store.append(
    "trace",
    ids.map((id) => aTrace({ workflowId: id, segmentId: `${id}-0`, gaps: [] })),
  );
  const collector = new FeedbackCollector({ store });
  const handler = createFeedbackHandler({ collector, secret: "a secret for the benchmark", rateLimit: false });
  const rates: number[] = [];
  const ceilings: number[] = [];
  for (let r = 0; r < repetitions; r++) {
    const tokens = ids.slice(r * each, (r + 1) * each).map((id) => handler.token(id, "alice"));
    ceilings.push(await perSecond(bare, tokens));
    rates.push(await perSecond(toNodeListener(handler), tokens));
  }
  const { records } = await collector.getFeedbackStatistics();
  if (records !== ids.length) throw new Error(`${records} records in the store; ${ids.length} were acknowledged`);
  await store.close();
  await rm(folder, { recursive: true });
  console.log(`${records} submissions over ${CONNECTIONS} connections, all in the store`);
  const older = Math.ceil(Math.max(0, ids.length - KNOWN) / each);
  return {
    perS: round(median(rates.slice(older)), 0),
    slowestPerS: round(Math.min(...rates.slice(older)), 0),
    ...(older > 0 && { olderRunsPerS: round(median(rates.slice(0, older)), 0) }),
    bareServerPerS: round(median(ceilings), 0),
  };
};

export default bench;
