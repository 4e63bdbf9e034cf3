import { beforeAll, expect, test } from "vitest";
import { aDatabase } from "../support/database.ts";
import { aCustomer } from "../support/people.ts";
import { aTerminal } from "./terminal.ts";

const database = await aDatabase();
const terminal = aTerminal(database);

beforeAll(async () => {
  await terminal.waypost("apply");
  await aCustomer(database, { external_id: "c-17" });
  terminal.write("customers.csv", "id,email\nc-18,bert@example.com\n");
  await terminal.waypost("chart", "win-back", "--format", "bpmn", "--out", "drawn.bpmn");
});

/** start, worker, web and apply are typed in start.test.ts, docs in commands.test.ts, demo in demo.test.ts. */
test.each([
  ["migrate", 0, /^the database is up to date$/m],
  ["import customers customers.csv", 0, /^1 row of customers: 1 new/],
  ["check", 0, /^4 journeys and 3 segments: no mistakes$/m],
  ["test --only Half", 0, /^1 test passed, 0 failed/m],
  ["simulate birthday --days 1", 0, /^report: /m],
  ["backtest --help", 0, /waypost backtest/],
  ["plan", 0, /^Nothing to apply/m],
  ["rollback birthday --to 1", 0, /^birthday is at version 1 already/],
  ["status", 0, /^2 customers, /],
  ["journeys", 0, /^birthday +active/m],
  ["pause channel sms", 0, /sms/],
  ["resume channel sms", 0, /sms/],
  ["messages", 0, /./],
  ["preview thank-you", 0, /^Subject: Thank you/],
  ["tasks", 0, /^nothing to do$/m],
  ["vouchers", 0, /^no vouchers yet/],
  ["calls", 0, /^no such calls$/m],
  ["segments", 0, /^best-customers/m],
  ["replay --all", 0, /^nothing to replay$/m],
  ["doctor", 1, /none has ever worked here/],
  ["confirm-restore", 0, /^this database is not held back$/m],
  ["login", 0, /token=/],
  ["key", 0, /^no keys yet/],
  ["why c-17 birthday", 0, /^birthday \(active, version 1\)/m],
  ["chart birthday", 0, /^flowchart TD$/m],
  ["bpmn import drawn.bpmn", 0, /^journey: /m],
])("typed at the door, %s does its work and ends", async (words, code, told) => {
  const ended = await terminal.run(...words.split(" ")).ended;
  expect(ended).toMatchObject({ code, out: expect.stringMatching(told) });
});
