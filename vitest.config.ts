import { defineConfig } from "vitest/config";
import { SlowFirst } from "./test/support/slow-first.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/support/global-setup.ts",
    reporters: ["default", "./test/support/tally.ts"],
    pool: "forks",
    // One more than a small machine has cores: tests of the queues mostly wait.
    maxWorkers: 3,
    // Loading is a sixth of the time: a worker keeps what is loaded. State is kept by each file in places of its own.
    isolate: false,
    sequence: { sequencer: SlowFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // On a busy machine a second is short; what is awaited comes or it does not.
    expect: { poll: { timeout: 20_000 } },
  },
});
