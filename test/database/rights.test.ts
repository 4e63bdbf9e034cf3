import { expect, onTestFinished, test } from "vitest";
import { aDatabase, urlOf } from "../support/database.ts";
import { runSql } from "../support/server.ts";
import { Terminal } from "../cli/terminal.ts";

const database = await aDatabase();
const role = `waypost_least_${process.pid}`;

/** The address for a role that may do nothing but connect. */
async function aRole(): Promise<string> {
  await runSql(urlOf(database), `create role ${role} login password 'secret'`);
  onTestFinished(async () => {
    await runSql(urlOf(database), `drop owned by ${role} cascade; drop role ${role}`);
  });
  const url = new URL(urlOf(database));
  url.username = role;
  url.password = "secret";
  return url.toString();
}

test("a role that may not create schemas is told how to get them, and needs no more than those an administrator made", async () => {
  const terminal = new Terminal({ DATABASE_URL: await aRole(), WAYPOST_SCHEMA: "least" });
  const refused = await terminal.waypost("apply");
  expect(refused.err).toMatch(/permission denied.*CREATE SCHEMA waypost AUTHORIZATION/);
  for (const schema of ["least", "least_queue"])
    await runSql(urlOf(database), `create schema ${schema} authorization ${role}`);
  expect(await terminal.waypost("apply")).toMatchObject({ code: 0, err: "" });
  expect((await terminal.waypost("doctor")).out).toContain("queues: no job has failed");
});
