import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { aDatabase } from "../support/database.ts";
import { type Running, aTerminal } from "./terminal.ts";

const database = await aDatabase();
const terminal = aTerminal(database, { PORT: "0" });

const started: Running[] = [];
afterEach(() => {
  for (const running of started.splice(0)) running.stop("SIGKILL");
});

function run(...words: readonly string[]): Running {
  const running = terminal.run(...words);
  started.push(running);
  return running;
}

const soon = { timeout: 50_000 };

test("start applies the files, says where it is, applies what is saved and ends when asked", async () => {
  const shop = run("start");
  await expect
    .poll(shop.said, soon)
    .toMatch(
      /dashboard: http:\/\/127\.0\.0\.1:[1-9]\d+\nnobody has logged in yet: `waypost login` prints a link\n/,
    );
  expect(shop.said()).toContain("first-purchase: created, version 1");
  const hello =
    "journey: hello\ntopic: offers\nstart: { on: signed_up }\nsteps:\n  - wait: 1 day\n";
  terminal.write("workflows/hello.yaml", hello);
  await expect.poll(shop.said, soon).toContain("hello: created, version 1");
  terminal.write("workflows/hello.yaml", hello.replace("1 day", "soon"));
  await expect.poll(shop.said, soon).toContain("not applied; what was applied before goes on");
  shop.stop("SIGINT");
  const { code, out, err } = await shop.ended;
  expect(code).toBe(0);
  expect(out).not.toContain("token=");
  expect(out).toMatch(/stopping: what is in flight is being finished\n$/);
  expect(err).toBe("");
});

test("a worker ends when asked", async () => {
  const quiet = aTerminal(database, { LOG_LEVEL: "info" });
  const worker = quiet.run("worker");
  started.push(worker);
  await expect.poll(worker.said, soon).toContain("the worker is ready");
  worker.stop("SIGTERM");
  expect(await worker.ended).toMatchObject({ code: 0 });
});

test.each([
  ["web", "PORT"],
  ["start", "PORT"],
])("%s whose %s is taken says so with its remedy, and ends", async (command, variable) => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const given = { METRICS_PORT: "0", [variable]: String(port) };
  const running = aTerminal(database, given).run(command);
  started.push(running);
  const { code, err } = await running.ended;
  other.close();
  expect(code).toBe(1);
  expect(err).toMatch(
    new RegExp(
      `^error ${variable}: expected to listen on .*; set .*to a free one.*\\(WAYPOST_CONFIG\\)$`,
      "m",
    ),
  );
});

test("a worker whose port for metrics is taken ends before it works", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as AddressInfo;
  const { code, err } = await aTerminal(database, { METRICS_PORT: String(port) }).run("worker")
    .ended;
  other.close();
  expect(code).toBe(1);
  expect(err).toMatch(/^error METRICS_PORT: expected to listen on .*; set it to a free one/m);
});

test("a Redis that cannot be reached is told with its remedy", async () => {
  const nowhere = aTerminal(database, { REDIS_URL: "redis://127.0.0.1:1" });
  const { code, err } = await nowhere.run("apply").ended;
  expect(code).toBe(1);
  expect(err).toContain("unset REDIS_URL to keep the queues in Postgres (WAYPOST_DATABASE)");
});
