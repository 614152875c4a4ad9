import { openTwoPoints } from "../../support/two-points.js";
import { round } from "../support/bench.js";

const PER_CYCLE = 200;
/** Runs by which the end of a life is measured. */
const AT_END = 400;

interface JointWorld {
  /** Chance of a good run after none, one and both of two decision points left the fallback. */
  chances: readonly [number, number, number];
  exploration: number;
  /** Points that are to be promoted. */
  wanted: number;
}

const JOINT_WORLDS: Record<string, JointWorld> = {
  "alone good, together ruin": { chances: [0.3, 0.6, 0.02], exploration: 0.2, wanted: 1 },
  "alone bad, together good": { chances: [0.5, 0.3, 0.9], exploration: 0.2, wanted: 2 },
  "alone bad, together good, a tenth explored": { chances: [0.5, 0.3, 0.9], exploration: 0.1, wanted: 2 },
  "nothing to gain": { chances: [0.5, 0.5, 0.5], exploration: 0.2, wanted: 1 },
};

/** What became of two decision points of the same runs. */
interface JointLife {
  /** Decision points at which something was promoted, at the end and at any time. */
  promoted: number;
  most: number;
  /** Runs until as many were promoted as are to be. */
  found: number | undefined;
  /** Mean reward at the end. */
  earned: number;
}

/** A life of two decision points whose changes earn together what no change earns alone. */
async function jointLife({ wanted, ...world }: JointWorld, seed: number, cycles: number): Promise<JointLife> {
  const { loop, serve } = await openTwoPoints({ ...world, seed });
  const promoted = () => ["first", "second"].filter((p) => loop.registry.champion(`policy/${p}`)).length;
  let most = 0;
  let found: number | undefined;
  for (let cycle = 0; cycle < cycles; cycle++) {
    await serve(PER_CYCLE);
    await loop.triggerLearningCycle();
    most = Math.max(most, promoted());
    if (most >= wanted) found ??= (cycle + 1) * PER_CYCLE;
  }
  const life = { promoted: promoted(), most, found, earned: await serve(AT_END) };
  await loop.close();
  return life;
}

/** Over lives in each world: how often each number of points was promoted, after how many runs, and what is earned at the end. */
export async function jointWorlds(lives: number, cycles: number): Promise<Record<string, unknown>> {
  const figures: Record<string, unknown> = {};
  for (const [name, world] of Object.entries(JOINT_WORLDS)) {
    const of: JointLife[] = [];
    for (let seed = 1; seed <= lives; seed++) of.push(await jointLife(world, seed, cycles));
    const mean = of.reduce((s, l) => s + l.earned, 0) / lives;
    figures[`joint, ${name}`] = {
      lives,
      promotedAtEnd: [0, 1, 2].map((n) => of.filter((l) => l.promoted === n).length),
      bothAtAnyTime: of.filter((l) => l.most === 2).length,
      runsUntilFound: of.map((l) => l.found ?? "never"),
      nothingChanged: world.chances[0],
      earnedAtEnd: round(mean),
      least: round(Math.min(...of.map((l) => l.earned))),
    };
    console.log(name, figures[`joint, ${name}`]);
  }
  return figures;
}
