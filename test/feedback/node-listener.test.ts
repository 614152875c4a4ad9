import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createFeedbackHandler,
  FeedbackCollector,
  type FeedbackHandler,
  toNodeListener,
} from "../../src/feedback/index.js";
import { createMemoryStore } from "../../src/store/index.js";
import { segment } from "./support.js";

let server: Server;
let handler: FeedbackHandler;
let collector: FeedbackCollector;
let before: (req: IncomingMessage & { body?: unknown }) => Promise<void>;
const rejections: unknown[] = [];

beforeEach(async () => {
  const store = createMemoryStore();
  await store.append("trace", [segment("w1")]);
  collector = new FeedbackCollector({ store });
  handler = createFeedbackHandler({ collector, secret: "a secret for the tests" });
  const listener = toNodeListener(handler);
  before = async () => {};
  rejections.length = 0;
  const mounted: RequestListener = async (req: IncomingMessage, res: ServerResponse) => {
    await before(req);
    await listener(req, res).catch((error: unknown) => rejections.push(error));
    res.end();
  };
  server = createServer(mounted);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Sends bytes as they are and resolves with the first line of the answer. */
const raw = (text: string) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    let answer = "";
    socket.on("data", (d) => {
      answer += d;
    });
    socket.on("error", reject);
    socket.on("close", () => resolve(answer.split("\r\n")[0] ?? ""));
    socket.write(text.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
  });

describe("toNodeListener", () => {
  it.each([
    ["a path that is no address", "GET // HTTP/1.1\r\nHost: x\r\n\r\n", 401],
    ["a host that is none", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 401],
    ["an absolute address that is none", "GET http://a:b:c/ HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    ["a star", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 204],
    ["a method that a Request does not take", "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 400],
  ])("answers %s instead of rejecting", async (_, request, status) => {
    expect(await raw(request)).toContain(`HTTP/1.1 ${status} `);
    expect(rejections).toEqual([]);
  });

  it("takes a body without a length, and survives one that breaks off", async () => {
    const head = (more: string) =>
      `POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer ${handler.token("w1", "alice")}\r\n${more}\r\n\r\n`;
    expect(await raw(`${head("Transfer-Encoding: chunked")}10\r\n{"thumbs": "up"}\r\n0\r\n\r\n`)).toContain(" 201 ");
    const closed = new Promise<void>((done) => server.on("connection", (socket) => socket.on("close", () => done())));
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.write(`${head("Content-Length: 500")}{"cat`, () => socket.destroy());
    await closed;
    expect((await collector.getFeedback("w1")).history).toHaveLength(1);
    expect(rejections).toEqual([]);
  });

  it.each<[string, string, string, (text: string) => unknown]>([
    ["JSON", "application/json", '{"thumbs":"up"}', (t) => JSON.parse(t)],
    [
      "a form",
      "application/x-www-form-urlencoded",
      "score=7&dimension:quality=3",
      (t) => Object.fromEntries(new URLSearchParams(t)),
    ],
    ["what a parser made of another charset", "application/json; charset=latin1", '{"thumbs":"up"}', JSON.parse],
    ["bytes", "application/json", '{"thumbs":"up"}', (t) => Buffer.from(t)],
  ])("takes %s that a body parser has read before it", async (_, type, text, parse) => {
    before = async (req) => {
      let read = "";
      for await (const part of req) read += part;
      req.body = parse(read);
    };
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?token=${handler.token("w1", "alice")}`;
    const response = await fetch(address, { method: "POST", headers: { "content-type": type }, body: text });
    expect(response.status).toBe(201);
    expect((await collector.getFeedback("w1")).history).toHaveLength(1);
  });
});
