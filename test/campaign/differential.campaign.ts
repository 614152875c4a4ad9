import { compare } from "../tracing/differential/compare.js";

/** 500 random graphs, bare and wrapped in each way: what differs is printed. */
export default async function differential(): Promise<Record<string, unknown>> {
  const { differences, ...found } = await compare(0, 500);
  for (const { seed, capture, part, bare, captured } of differences)
    console.error(`seed ${seed}, ${capture}, ${part}:\n  bare     ${bare}\n  captured ${captured}`);
  if (differences.length > 0) process.exitCode = 1;
  return { ...found, identical: found.graphs - new Set(differences.map((d) => d.seed)).size };
}
