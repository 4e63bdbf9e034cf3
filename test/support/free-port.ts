import { once } from "node:events";
import { createServer } from "node:net";

const lowest = 12_000;
const highest = 32_000;
/** To others of this process, who may not listen there yet. */
const given = new Set<number>();

/**
 * A port nobody listens on, for a server that may be down for a while: from below those that the system gives to
 * outgoing connections (32768 and above on Linux), one of which would take its place.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (given.has(port)) continue;
    given.add(port);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) return port;
  }
}
