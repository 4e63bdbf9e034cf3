import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { freePort } from "./free-port.ts";

/** The address of a PgBouncer before that database, as some set it up: what is asked of a session is ignored. */
export async function aPooler(url: string, mode: "session" | "transaction"): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "waypost-pooler-"));
  chmodSync(folder, 0o755);
  const { hostname, port: serverPort, pathname, username, password, searchParams } = new URL(url);
  const host = searchParams.get("host") ?? decodeURIComponent(hostname);
  const name = pathname.slice(1);
  const port = await freePort();
  const way = await aWay(host, serverPort || searchParams.get("port") || "5432");
  const to = { host: "127.0.0.1", port: way, dbname: name, user: username, password };
  const server = Object.entries(to)
    .filter(([, value]) => value !== "")
    .map(([key, value]) => `${key}='${decodeURIComponent(value)}'`);
  const file = join(folder, "pgbouncer.ini");
  writeFileSync(
    file,
    `[databases]
${name} = ${server.join(" ")}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
ignore_startup_parameters = options
${process.getuid?.() === 0 ? "user = nobody" : ""}
`,
  );
  const child = spawn("pgbouncer", ["-q", file], { stdio: "ignore" });
  onTestFinished(async () => {
    child.kill("SIGKILL");
    if (child.exitCode === null) await once(child, "exit");
    rmSync(folder, { recursive: true, force: true });
  });
  while (!(await answers(port))) await pause(20);
  return `postgres://${username || "somebody"}@127.0.0.1:${port}/${name}`;
}

/** PgBouncer does not run as root, and another user may not use the socket of the tests' server. */
async function aWay(host: string, port: string): Promise<string> {
  const server = createServer((socket) => {
    const there = host.startsWith("/")
      ? connect(join(host, `.s.PGSQL.${port}`))
      : connect(Number(port), host);
    for (const end of [socket, there]) end.on("error", () => undefined);
    socket.pipe(there).pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return String((server.address() as AddressInfo).port);
}

function answers(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  return once(socket, "connect")
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}
