import { once } from "node:events";
import { type AddressInfo, type Socket, connect as dial, createServer } from "node:net";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, expect, it } from "vitest";
import { createLog } from "../../src/log.ts";
import { listenForEvents } from "../../src/queue/listen.ts";
import { aDatabase, urlOf } from "../support/database.ts";
import { until } from "./house.ts";

const database = await aDatabase();

/** A way to the database that can be closed: then every caller is hung up on, a moment after it came. */
const way = { isOpen: true, calls: 0, atOnce: 0, most: 0, sockets: new Set<Socket>() };
const gate = createServer((socket) => {
  way.sockets.add(socket);
  way.calls += 1;
  way.most = Math.max(way.most, (way.atOnce += 1));
  socket.on("error", () => {}).on("close", () => (way.atOnce -= 1));
  if (!way.isOpen) return void setTimeout(() => socket.destroy(), 20);
  const onward = dial(theServer());
  onward.on("error", () => {});
  socket.pipe(onward).pipe(socket);
});
/** Over its socket, where a folder is named for it. */
function theServer(): { path: string } | { host: string; port: number } {
  const { hostname, port, searchParams } = new URL(urlOf(database));
  const folder = searchParams.get("host");
  return folder === null
    ? { host: hostname, port: Number(port) }
    : { path: join(folder, `.s.PGSQL.${port}`) };
}

gate.listen(0, "127.0.0.1");
await once(gate, "listening");
afterAll(() => gate.close());

it("an outage of the database is waited out by one connection at a time, and what came meanwhile is asked for", async () => {
  const url = new URL(urlOf(database));
  url.hostname = "127.0.0.1";
  url.searchParams.delete("host");
  url.port = String((gate.address() as AddressInfo).port);
  let heard = 0;
  const hear = () => (heard += 1);
  const ear = await listenForEvents(url.toString(), hear, createLog("silent"), { againAfterMs: 5 });
  way.isOpen = false;
  for (const socket of way.sockets) socket.destroy();
  await until(() => way.calls > 12);
  expect(way.most).toBe(1);
  expect(heard).toBe(0);
  way.isOpen = true;
  await until(() => heard > 0);
  await sql`select pg_notify('waypost_events', '')`.execute(database);
  await until(() => heard > 1);
  await ear.close();
});
