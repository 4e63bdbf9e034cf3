import { once } from "node:events";
import { type Socket, connect, createServer } from "node:net";
import type { Closers } from "../bench/closers.ts";
import { freePort } from "../test/support/free-port.ts";

/** The one address of a database that moves from server to server. */
export interface Address {
  readonly port: number;
  /** Whoever is connected is cut off; whoever comes is led to that socket, or turned away where there is none. */
  lead(to: string | undefined): void;
}

export async function openAddress(closers: Closers): Promise<Address> {
  const port = await freePort();
  const passing = new Set<Socket>();
  let led: string | undefined;
  const server = createServer((client) => {
    if (led === undefined) return void client.destroy();
    const there = connect(led);
    for (const [one, other] of [
      [client, there],
      [there, client],
    ] as const) {
      passing.add(one);
      one.on("error", () => {});
      one.on("close", () => {
        passing.delete(one);
        other.destroy();
      });
    }
    client.pipe(there).pipe(client);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const cut = () => {
    for (const socket of passing) socket.destroy();
  };
  closers.add(() => {
    server.close();
    cut();
  });
  return {
    port,
    lead(to) {
      led = to;
      cut();
    },
  };
}
