// The people who send feedback: a process of its own, so that the server's rate is the server's.
import { Agent, request } from "node:http";

const { port, tokens, connections } = await new Promise((resolve) => process.once("message", resolve));
const agent = new Agent({ keepAlive: true, maxSockets: connections });

const post = (token, body) =>
  new Promise((resolve, reject) => {
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      authorization: `Bearer ${token}`,
    };
    const sent = request({ agent, port, host: "127.0.0.1", method: "POST", path: "/", headers }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode));
    });
    sent.on("error", reject);
    sent.end(body);
  });

const started = performance.now();
const statuses = await Promise.all(
  tokens.map((token, i) => post(token, JSON.stringify({ ratings: { satisfaction: (i % 11) / 10 } }))),
);
const seconds = (performance.now() - started) / 1000;
process.send({ seconds, created: statuses.filter((s) => s === 201).length }, () => process.exit(0));
