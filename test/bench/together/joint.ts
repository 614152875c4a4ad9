import { openTwoPoints } from "../../support/two-points.js";
import { round } from "../support/bench.js";

const PER_CYCLE = 200;
/** Runs by which the end of a life is measured. */
const AT_END = 400;

/** Chance of a good run after none, one and both of two decision points left the fallback. */
const JOINT_WORLDS = {
  "alone good, together ruin": [0.3, 0.6, 0.02],
  "alone bad, together good": [0.5, 0.3, 0.9],
  "nothing to gain": [0.5, 0.5, 0.5],
} as const satisfies Record<string, readonly [number, number, number]>;

type Chances = readonly [number, number, number];

/** What became of two decision points of the same runs. */
interface JointLife {
  /** Decision points at which something was promoted, at the end and at any time. */
  promoted: number;
  most: number;
  /** Mean reward at the end. */
  earned: number;
}

/** A life of two decision points whose changes earn together what no change earns alone. */
async function jointLife(chances: Chances, seed: number, cycles: number): Promise<JointLife> {
  const { loop, serve } = await openTwoPoints({ chances, exploration: 0.2, seed });
  const promoted = () => ["first", "second"].filter((p) => loop.registry.champion(`policy/${p}`)).length;
  let most = 0;
  for (let cycle = 0; cycle < cycles; cycle++) {
    await serve(PER_CYCLE);
    await loop.triggerLearningCycle();
    most = Math.max(most, promoted());
  }
  const life = { promoted: promoted(), most, earned: await serve(AT_END) };
  await loop.close();
  return life;
}

/** Over lives in each world: how often each number of points was promoted, the most at any time, and what is earned at the end. */
export async function jointWorlds(lives: number, cycles: number): Promise<Record<string, unknown>> {
  const figures: Record<string, unknown> = {};
  for (const [name, chances] of Object.entries(JOINT_WORLDS)) {
    const of: JointLife[] = [];
    for (let seed = 1; seed <= lives; seed++) of.push(await jointLife(chances, seed, cycles));
    const mean = of.reduce((s, l) => s + l.earned, 0) / lives;
    figures[`joint, ${name}`] = {
      lives,
      promotedAtEnd: [0, 1, 2].map((n) => of.filter((l) => l.promoted === n).length),
      bothAtAnyTime: of.filter((l) => l.most === 2).length,
      nothingChanged: chances[0],
      earnedAtEnd: round(mean),
      least: round(Math.min(...of.map((l) => l.earned))),
    };
    console.log(name, figures[`joint, ${name}`]);
  }
  return figures;
}
