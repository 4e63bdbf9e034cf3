import { existsSync } from "node:fs";
import { hasPgBouncer } from "./has-pgbouncer.ts";

const CHROMIUM = "/usr/bin/chromium";

/** Says before the first test what this machine lacks, which tests are not run for it, and how to get it. */
export function tellWhatIsMissing(redisUrl: string | undefined): { chromium: string | undefined } {
  const chromium = existsSync(CHROMIUM) ? CHROMIUM : undefined;
  if (redisUrl === undefined) {
    tell(
      "Redis",
      "the engine's tests on the Redis queues",
      "apt-get install redis-server, or set REDIS_URL",
    );
  }
  if (chromium === undefined)
    tell("Chromium", "the tests that walk the dashboard in a browser", "apt-get install chromium");
  if (!hasPgBouncer)
    tell("PgBouncer", "the tests that connect through a pooler", "apt-get install pgbouncer");
  return { chromium };
}

function tell(what: string, tests: string, remedy: string): void {
  process.stderr.write(
    `\n!! ${what} is missing: ${tests} are NOT run.\n!! To run them: ${remedy}.\n`,
  );
}
