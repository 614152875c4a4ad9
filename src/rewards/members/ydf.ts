import { LearningError, messageOf } from "../../core/index.js";
import type { FittedMember, MemberSnapshot, RewardMember, TrainingData } from "./member.js";

/** What is used of the models of `ydf-training` and `ydf-inference`, which bring no types. */
interface YdfModel {
  predict(examples: Record<string, number[]>): ArrayLike<number>;
  save?(): Promise<Blob>;
  unload(): void;
}
type YdfLearner = new (label: string, task: string) => { train(data: Record<string, number[]>): YdfModel };
interface YdfTraining {
  GradientBoostedTreesLearner: YdfLearner;
  RandomForestLearner: YdfLearner;
}
interface YdfInference {
  loadModelFromZipBlob(zip: Uint8Array): Promise<YdfModel>;
}

const LEARNERS = {
  "ydf-boosted-trees": "GradientBoostedTreesLearner",
  "ydf-random-forest": "RandomForestLearner",
} as const;
const LABEL = "__target";

/**
 * Yggdrasil Decision Forests (Guillame-Bert et al., 2023) in WebAssembly, with its own default
 * settings: gradient-boosted trees that stop early, or a random forest of 300 trees.
 */
export function ydfMember(kind: keyof typeof LEARNERS): RewardMember {
  return {
    kind,
    async fit(data) {
      const ydf = await training();
      try {
        const examples = { ...columns(data.x), [LABEL]: Array.from(data.y) };
        return new FittedYdf(kind, new ydf[LEARNERS[kind]](LABEL, "REGRESSION").train(examples));
      } catch (cause) {
        throw failure(`${kind} on ${data.x.length} rows: ${messageOf(cause)}`, cause);
      }
    },
    async restore(snapshot) {
      const ydf = await inference();
      const zip = Buffer.from(String(snapshot["zip"]), "base64");
      return new FittedYdf(kind, await ydf.loadModelFromZipBlob(new Uint8Array(zip)), String(snapshot["zip"]));
    },
  };
}

class FittedYdf implements FittedMember {
  private zip: string | undefined;

  constructor(
    private readonly kind: string,
    private readonly model: YdfModel,
    zip?: string,
  ) {
    this.zip = zip;
  }

  predict(x: readonly Float64Array[]): Float64Array {
    return x.length === 0 ? new Float64Array(0) : Float64Array.from(this.model.predict(columns(x)));
  }

  async snapshot(): Promise<MemberSnapshot> {
    const blob = this.zip === undefined ? await quietly(() => this.model.save?.()) : undefined;
    if (blob) this.zip = Buffer.from(await blob.arrayBuffer()).toString("base64");
    return { kind: this.kind, zip: this.zip };
  }

  dispose(): void {
    this.model.unload();
  }
}

function columns(x: TrainingData["x"]): Record<string, number[]> {
  const d = x[0]?.length ?? 0;
  return Object.fromEntries(Array.from({ length: d }, (_, j) => [`f${j}`, x.map((row) => row[j] as number)]));
}

function failure(received: string, cause: unknown): LearningError {
  return new LearningError("REWARD_INVALID", {
    received,
    expected: "trees that train and save",
    remedy: "The other members go on without it; see the cause.",
    cause,
  });
}

/** YDF's save logs to the console before its first wait; nothing else runs meanwhile. */
function quietly<T>(run: () => T): T {
  const log = console.log;
  console.log = () => {};
  try {
    return run();
  } finally {
    console.log = log;
  }
}

const silence = { print() {}, printErr() {} };
type Loader<T> = (options: typeof silence) => Promise<T>;
let trainer: Promise<YdfTraining> | undefined;
let predictor: Promise<YdfInference> | undefined;

/** YDF packs its models with a global `JSZip`. */
async function withZip(): Promise<void> {
  const scope = globalThis as { JSZip?: unknown };
  scope.JSZip ??= (await import("jszip")).default;
}

function training(): Promise<YdfTraining> {
  trainer ??= withZip()
    .then(() => import("ydf-training"))
    .then((m) => (m.default as Loader<YdfTraining>)({ ...silence }));
  return trainer;
}

function inference(): Promise<YdfInference> {
  predictor ??= withZip()
    .then(() => import("ydf-inference"))
    .then((m) => (m.default as Loader<YdfInference>)({ ...silence }));
  return predictor;
}
