import { describe, expect, it, vi } from "vitest";
import { forward, type Network } from "../../src/math/network.js";
import { createRng } from "../../src/math/rng.js";
import {
  adamState,
  adamStep,
  chooseBackend,
  chooseEngine,
  createNetwork,
  type GradientEngine,
  plainEngine,
  tensorflowEngine,
} from "../../src/tensor/index.js";

const rng = createRng(3);
const ROWS = 7;
const makeNetwork = (activation: "relu" | "tanh") => {
  const network = createNetwork({ inputs: 5, outputs: 3, hidden: [9, 6], activation }, createRng(activation));
  const noise = createRng("bias");
  for (const layer of network.layers) layer.bias.set(layer.bias.map(() => noise.normal() / 4));
  return network;
};
const x = Float64Array.from({ length: ROWS * 5 }, () => rng.normal());
const target = Float64Array.from({ length: ROWS * 3 }, () => rng.normal());
const toTarget = (out: Float64Array) => out.map((v, k) => v - target[k]);
const engines: [string, () => Promise<GradientEngine>][] = [
  ["plain", async () => plainEngine()],
  ["cpu", async () => tensorflowEngine(await chooseBackend({ prefer: "cpu" }))],
  ["wasm", async () => tensorflowEngine(await chooseBackend({ prefer: "wasm" }))],
];

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) {
  expect(actual.length).toBe(expected.length);
  for (let k = 0; k < expected.length; k++) expect(Math.abs(actual[k] - expected[k])).toBeLessThan(tolerance);
}

/** The gradient of half the squared distance to the target, by central differences. */
function numericGradient(network: Network): number[] {
  const loss = () => {
    let sum = 0;
    for (let r = 0; r < ROWS; r++)
      for (const [o, v] of forward(network, x.subarray(r * 5, r * 5 + 5)).entries())
        sum += 0.5 * (v - target[r * 3 + o]) ** 2;
    return sum;
  };
  return [...network.parameters.keys()].map((k) => {
    const kept = network.parameters[k];
    network.parameters[k] = kept + 1e-5;
    const up = loss();
    network.parameters[k] = kept - 1e-5;
    const down = loss();
    network.parameters[k] = kept;
    return (up - down) / 2e-5;
  });
}

describe.each(engines)("the %s engine", (name, make) => {
  it.each(["relu", "tanh"] as const)(
    "agrees with the serving pass and the numeric gradient (%s)",
    async (activation) => {
      const engine = await make();
      const network = makeNetwork(activation);
      const out = engine.forward(network, x, ROWS).slice();
      for (let r = 0; r < ROWS; r++)
        expectClose(out.subarray(r * 3, r * 3 + 3), forward(network, x.subarray(r * 5, r * 5 + 5)), 1e-5);
      const gradient = engine.gradient(network, x, ROWS, toTarget);
      expectClose(gradient, numericGradient(network), name === "plain" ? 1e-6 : 1e-4);
      engine.dispose();
    },
  );

  it("trains the same weights from the same seed, and changes nothing but what Adam changes", async () => {
    const train = async () => {
      const engine = await make();
      const network = makeNetwork("tanh");
      const adam = adamState(network.parameters.length);
      let last = 0;
      for (let step = 0; step < 60; step++) {
        const gradient = engine.gradient(network, x, ROWS, toTarget);
        last = adamStep(network.parameters, gradient, adam, { learningRate: 0.05 });
      }
      engine.dispose();
      return { parameters: [...network.parameters], last };
    };
    const first = await train();
    expect(await train()).toEqual(first);
    const start = makeNetwork("tanh");
    expect(first.last).toBeLessThan(Math.hypot(...plainEngine().gradient(start, x, ROWS, toTarget)) / 5);
  });

  it("gives the same for fewer rows after more, and for more after fewer", async () => {
    const engine = await make();
    const network = makeNetwork("relu");
    const outputs = (used: GradientEngine, rows: number) => [...used.forward(network, x.subarray(0, rows * 5), rows)];
    const gradient = (used: GradientEngine, rows: number) => [
      ...used.gradient(network, x.subarray(0, rows * 5), rows, (out) => out.map((v, k) => v - target[k])),
    ];
    for (const rows of [ROWS, 2, 5, ROWS]) {
      const other = await make();
      expect(outputs(engine, rows)).toEqual(outputs(other, rows));
      expect(gradient(engine, rows)).toEqual(gradient(other, rows));
      other.dispose();
    }
    engine.dispose();
  });

  it("follows a network of another shape", async () => {
    const engine = await make();
    engine.forward(makeNetwork("relu"), x, ROWS);
    const linear = createNetwork({ inputs: 5, outputs: 1, hidden: [] }, rng);
    expectClose(engine.forward(linear, x, ROWS).subarray(0, 1), forward(linear, x.subarray(0, 5)), 1e-5);
    engine.dispose();
  });
});

describe("the TensorFlow.js engines", () => {
  it("agree with each other after a training step", async () => {
    const results: Float64Array[] = [];
    for (const prefer of ["cpu", "wasm"] as const) {
      const engine = tensorflowEngine(await chooseBackend({ prefer }));
      const network = makeNetwork("relu");
      adamStep(network.parameters, engine.gradient(network, x, ROWS, toTarget), adamState(network.parameters.length), {
        learningRate: 0.01,
      });
      engine.dispose();
      results.push(network.parameters);
    }
    expectClose(results[0], results[1], 1e-5);
  });

  it.each(["cpu", "wasm"] as const)("leak no tensors on %s", async (prefer) => {
    const backend = await chooseBackend({ prefer });
    const engine = tensorflowEngine(backend);
    const network = makeNetwork("tanh");
    const before = backend.tf.memory().numTensors;
    engine.gradient(network, x, ROWS, toTarget);
    const burnedIn = backend.tf.memory().numTensors;
    for (let i = 0; i < 20; i++) {
      engine.gradient(network, x, ROWS, toTarget);
      engine.forward(network, x, ROWS);
    }
    expect(backend.tf.memory().numTensors).toBe(burnedIn);
    engine.dispose();
    expect(backend.tf.memory().numTensors).toBe(before);
  });
});

describe("chooseEngine", () => {
  it("takes plain arrays for small work and TensorFlow.js for large", async () => {
    const small = makeNetwork("relu");
    const large = createNetwork({ inputs: 64, outputs: 2, hidden: [128, 128] }, rng);
    expect((await chooseEngine(small, { rows: 64 })).name).toBe("plain");
    expect((await chooseEngine(large, { rows: 256, prefer: "wasm" })).name).toBe("tensorflow-wasm");
    expect((await chooseEngine(large, { rows: 256, engine: "plain" })).name).toBe("plain");
    expect((await chooseEngine(small, { rows: 8, engine: "tensorflow", prefer: "cpu" })).name).toBe("tensorflow-cpu");
  });

  it("does without TensorFlow.js where it is not installed, and says once what to install for large work", async () => {
    const packages = ["tfjs-node", "tfjs-core", "tfjs-layers"];
    const missing = (name: string) => () => {
      throw new Error(`Cannot find package '@tensorflow/${name}'`);
    };
    for (const name of packages) vi.doMock(`@tensorflow/${name}`, missing(name));
    const told: string[] = [];
    const logger = { debug() {}, info() {}, warn: (message: string) => told.push(message), error() {} };
    const small = makeNetwork("relu");
    const large = createNetwork({ inputs: 64, outputs: 2, hidden: [128, 128] }, rng);
    expect((await chooseEngine(small, { rows: 64, logger })).name).toBe("plain");
    expect(told).toEqual([]);
    expect((await chooseEngine(large, { rows: 256, logger })).name).toBe("plain");
    expect(told).toEqual([
      expect.stringMatching(/^training this network would be .* npm install @tensorflow\/tfjs-node@4/),
    ]);
    await expect(chooseEngine(large, { rows: 256, engine: "tensorflow", logger })).rejects.toThrow(
      /TENSOR_BACKEND.*native: .*wasm: .*cpu: /,
    );
    for (const name of packages) vi.doUnmock(`@tensorflow/${name}`);
  });
});
