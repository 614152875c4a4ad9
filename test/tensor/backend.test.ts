import { afterEach, describe, expect, it, vi } from "vitest";
import { chooseBackend } from "../../src/tensor/index.js";

afterEach(() => {
  vi.doUnmock("@tensorflow/tfjs-node");
  vi.doUnmock("@tensorflow/tfjs-backend-wasm");
  vi.doUnmock("@tensorflow/tfjs-backend-cpu");
});

describe("chooseBackend", () => {
  it("works without a word on the console and leaves no tensor or process listener behind", async () => {
    const spies = (["log", "warn", "error", "info"] as const).map((m) => vi.spyOn(console, m));
    const listeners = () => process.listenerCount("unhandledRejection") + process.listenerCount("uncaughtException");
    const before = listeners();
    for (const prefer of ["native", "wasm", "cpu"] as const) {
      const { name, tf } = await chooseBackend({ prefer });
      if (prefer !== "native") expect(name).toBe(prefer);
      expect(tf.tidy(() => tf.sum(tf.ones([3, 3])).dataSync()[0])).toBe(9);
      expect(tf.memory().numTensors).toBe(0);
    }
    expect(listeners()).toBe(before);
    for (const spy of spies) expect(spy).not.toHaveBeenCalled();
  });

  it("skips a backend that does not load and says why", async () => {
    vi.doMock("@tensorflow/tfjs-backend-wasm", () => {
      throw new Error("no wasm here");
    });
    const logged: string[] = [];
    const note = (message: string) => logged.push(message);
    const { name, rejected } = await chooseBackend({
      prefer: "wasm",
      logger: { debug: note, info: note, warn: note, error: note },
    });
    expect(name).toBe("cpu");
    expect(rejected).toEqual([{ name: "wasm", reason: expect.any(String) }]);
    expect(logged).toEqual(["tensor backend wasm refused", "tensor backend cpu"]);
  });

  it("does not trust a native library that loads and then fails in use", async () => {
    const { tf } = await chooseBackend({ prefer: "cpu" });
    const broken = new Proxy(tf.findBackend("cpu") as object, {
      get(target, key) {
        if (key === "write") throw new TypeError("util_1.isNullOrUndefined is not a function");
        return Reflect.get(target, key);
      },
    });
    vi.doMock("@tensorflow/tfjs-node", () => ({}));
    if (tf.findBackend("tensorflow")) tf.removeBackend("tensorflow");
    tf.registerBackend("tensorflow", () => broken as never);
    const chosen = await chooseBackend();
    tf.removeBackend("tensorflow");
    expect(chosen.name).toBe("wasm");
    expect(chosen.rejected).toEqual([{ name: "native", reason: "util_1.isNullOrUndefined is not a function" }]);
  });

  it("fails with a coded error when none works", async () => {
    const none = () => {
      throw new Error("gone");
    };
    vi.doMock("@tensorflow/tfjs-backend-cpu", none);
    await expect(chooseBackend({ prefer: "cpu" })).rejects.toThrow(
      /\[TENSOR_BACKEND\] received cpu: .*npm install @tensorflow\/tfjs-node@4/,
    );
  });
});
