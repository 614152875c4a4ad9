import { defineConfig } from "vitest/config";

// `fast` is what `npm test` runs; `full` adds the long campaigns (kills, browsers, real data).
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "fast",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.full.test.ts", "test/bench/**"],
          globalSetup: ["test/support/build.ts"],
          // One module graph per worker: loading LangGraph anew for every file took a third of the time.
          isolate: false,
          // Far from what any test takes: a busy machine must not fail one.
          testTimeout: 180_000,
          expect: { poll: { timeout: 120_000 } },
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: "full",
          include: ["test/**/*.full.test.ts"],
          globalSetup: ["test/support/build.ts"],
          testTimeout: 900_000,
          expect: { poll: { timeout: 300_000 } },
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
