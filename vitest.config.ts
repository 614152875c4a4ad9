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
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "full",
          include: ["test/**/*.full.test.ts"],
          globalSetup: ["test/support/build.ts"],
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
