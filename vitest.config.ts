import { defineConfig } from "vitest/config";

const LONG = "test/**/*.long.test.ts";
const FULL = "test/**/*.full.test.ts";

// Far from what any test takes: a busy machine must not fail one.
const short = {
  globalSetup: ["test/support/build.ts"],
  // One module graph per worker: loading LangGraph anew for every file took a third of the time.
  isolate: false,
  maxWorkers: "100%",
  testTimeout: 180_000,
  expect: { poll: { timeout: 120_000 } },
  hookTimeout: 300_000,
};

// `npm test` runs `fast`; `npm run test:full` what takes seconds (`long`), then minutes (`full`: kills, browsers, real data).
export default defineConfig({
  test: {
    projects: [
      { test: { ...short, name: "fast", include: ["test/**/*.test.ts"], exclude: [LONG, FULL, "test/bench/**"] } },
      { test: { ...short, name: "long", include: [LONG], sequence: { groupOrder: 1 } } },
      {
        test: {
          name: "full",
          include: [FULL],
          globalSetup: ["test/support/build.ts"],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
          testTimeout: 900_000,
          expect: { poll: { timeout: 300_000 } },
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
