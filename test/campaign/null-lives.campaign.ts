import { LOOP_NULL_WORLDS, type LoopNullWorld, promotesInLoop } from "../bench/proof/null-loop.js";

/** Of a decision point's lives in ten worlds without a gain, the share in which something was promoted. */
export async function nullLives(lives: number): Promise<Record<string, unknown>> {
  const wrong: Record<string, number> = {};
  for (const world of Object.keys(LOOP_NULL_WORLDS) as LoopNullWorld[]) {
    wrong[world] = 0;
    for (let seed = 1; seed <= lives; seed++) wrong[world] += Number(await promotesInLoop(seed, world));
    console.log(`${world}: something promoted in ${wrong[world]} of ${lives} lives`);
  }
  return { lives, wrong, riskLevel: 0.05 };
}

export default () => nullLives(Number(process.env.RUNS ?? 100));
