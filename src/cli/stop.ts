import type { Config } from "../config.ts";

/** Calls to services of the company's own may take so long (enrollment/make-calls.ts); a channel may say longer. */
const shortestDeadline = 30;
/** For what comes after the last answer: writing it to a database that may just be restarting, and closing what is open. */
const afterwards = 30;

/** How long a stop may take: a call that has just begun is waited for to its deadline, or its outcome would be unknown. */
export function longestStopMs({ channels }: Pick<Config, "channels">): number {
  const deadlines = Object.values(channels).map(({ deadline }) => deadline);
  return (Math.max(shortestDeadline, ...deadlines) + afterwards) * 1000;
}

/**
 * Settles at the first SIGTERM or SIGINT; a second one ends the process at once, and so does a stop that does not come to
 * its end: a server that is gone would be waited for without end.
 */
export async function untilStopped(withinMs = 30_000): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = 0;
  const stop = () => {
    asked += 1;
    if (asked > 1) process.exit(130);
    setTimeout(() => process.exit(1), withinMs).unref();
    resolve();
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  return promise;
}
