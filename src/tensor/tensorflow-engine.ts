import type { Activation, DenseLayer, Network } from "../math/network.js";
import type { TensorBackend, TensorFlow } from "./backend.js";
import type { GradientEngine } from "./engine.js";

type Tensor2D = ReturnType<TensorFlow["tensor2d"]>;
type Variable = ReturnType<TensorFlow["variable"]>;

/**
 * Gradients by TensorFlow.js' automatic differentiation, in single precision, on the backend given.
 * The engine owns one variable per weight matrix and bias of each network shape it has met.
 */
export function tensorflowEngine({ tf, name }: TensorBackend): GradientEngine {
  const made = new Map<string, Variable[]>();
  const upload = (network: Network): Variable[] => {
    const shape = network.layers.map((l) => `${l.inputs}x${l.outputs}`).join();
    const known = made.get(shape);
    if (!known) {
      const fresh = network.layers.flatMap((l) => makeVariables(tf, l));
      made.set(shape, fresh);
      return fresh;
    }
    network.layers.forEach((l, i) => {
      assign(tf, known[2 * i], l.weights);
      assign(tf, known[2 * i + 1], l.bias);
    });
    return known;
  };
  return {
    name: `tensorflow-${name}`,
    forward(network, x, rows) {
      const vars = upload(network);
      const out = tf.tidy(() => apply(tf, network, vars, inputTensor(tf, x, rows)));
      const values = Float64Array.from(out.dataSync());
      out.dispose();
      return values;
    },
    gradient(network, x, rows, outputGradient) {
      const vars = upload(network);
      const gradient = new Float64Array(network.parameters.length);
      tf.tidy(() => {
        const input = inputTensor(tf, x, rows);
        const { grads } = tf.variableGrads(() => {
          const out = apply(tf, network, vars, input);
          // The product's gradient with respect to the outputs is exactly the one given.
          const weights = tf.tensor(Float32Array.from(outputGradient(Float64Array.from(out.dataSync()))), out.shape);
          return tf.sum(tf.mul(out, weights));
        }, vars);
        let offset = 0;
        for (const v of vars) {
          const values = grads[v.name].dataSync();
          gradient.set(values, offset);
          offset += values.length;
        }
      });
      return gradient;
    },
    dispose() {
      for (const variable of [...made.values()].flat()) variable.dispose();
      made.clear();
    },
  };
}

function makeVariables(tf: TensorFlow, layer: DenseLayer): Variable[] {
  return tf.tidy(() => [
    tf.variable(tf.tensor(Float32Array.from(layer.weights), [layer.inputs, layer.outputs])),
    tf.variable(tf.tensor(Float32Array.from(layer.bias), [layer.outputs])),
  ]);
}

function assign(tf: TensorFlow, variable: Variable, values: Float64Array): void {
  const fresh = tf.tensor(Float32Array.from(values), variable.shape);
  variable.assign(fresh);
  fresh.dispose();
}

function inputTensor(tf: TensorFlow, x: Float64Array, rows: number): Tensor2D {
  const columns = x.length / rows;
  return tf.tensor2d(Float32Array.from(x), [rows, columns]);
}

function apply(tf: TensorFlow, network: Network, vars: readonly Variable[], x: Tensor2D): Tensor2D {
  const product = matrixProduct(tf);
  let h = x;
  network.layers.forEach(({ activation }, i) => {
    const z = tf.add(product(h, vars[2 * i]), vars[2 * i + 1]) as Tensor2D;
    h = activate(tf, activation, z);
  });
  return h;
}

/**
 * The matrix product with a gradient that transposes first: the wasm backend's products of
 * transposed operands take a slow path (measured: four times the time at 256 x 256).
 */
function matrixProduct(tf: TensorFlow): (a: Tensor2D, b: Variable) => Tensor2D {
  const product = tf.customGrad((a, b, save) => {
    (save as (tensors: unknown[]) => void)([a, b]);
    return {
      value: tf.matMul(a as Tensor2D, b as Tensor2D),
      gradFunc: (dy, saved) => {
        const [left, right] = saved as [Tensor2D, Tensor2D];
        return [tf.matMul(dy as Tensor2D, tf.transpose(right)), tf.matMul(tf.transpose(left), dy as Tensor2D)];
      },
    };
  });
  return (a, b) => product(a, b) as Tensor2D;
}

function activate(tf: TensorFlow, activation: Activation, z: Tensor2D): Tensor2D {
  if (activation === "relu") return tf.relu(z);
  return activation === "tanh" ? tf.tanh(z) : z;
}
