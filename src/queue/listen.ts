import { setTimeout as pause } from "node:timers/promises";
import { Client } from "pg";
import { keepAlive } from "../database/keep-alive.ts";
import { reasonOf } from "../errors.ts";
import type { Log } from "../log.ts";

const channel = "waypost_events";
const connectWithinMs = 10_000;

/**
 * Hears of events that an application tracked inside its own transaction (`SELECT waypost.track(…)`), the moment it
 * commits. A connection that breaks is made anew; what was missed meanwhile the sweeper finds.
 */
export async function listenForEvents(
  url: string,
  onEvent: () => void,
  log: Log,
  { againAfterMs = 2000 } = {},
): Promise<{ close(): Promise<void> }> {
  let isClosed = false;
  let client: Client | undefined;
  const connect = async (): Promise<void> => {
    const next = new Client({
      connectionString: url,
      ...keepAlive,
      connectionTimeoutMillis: connectWithinMs,
      application_name: "waypost listen",
    });
    next.on("notification", onEvent);
    next.on("error", (error) =>
      log.warn({ reason: error.message }, "the connection that listens for events broke"),
    );
    try {
      await next.connect();
      await next.query(`listen ${channel}`);
    } catch (thrown) {
      await next.end();
      throw thrown;
    }
    if (isClosed) return next.end();
    // Not before it stands: a connection that was never made ends, too, and one loop makes it anew already.
    next.on("end", () => void reconnect());
    client = next;
  };
  const reconnect = async (): Promise<void> => {
    while (!isClosed) {
      await pause(againAfterMs, undefined, { ref: false });
      if (isClosed) return;
      const failure = await connect().catch(reasonOf);
      if (failure === undefined) return onEvent();
    }
  };
  await connect();
  return {
    async close() {
      isClosed = true;
      await client?.end();
    },
  };
}
