import { cpSync, readFileSync, rmSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { aTerminal } from "../cli/terminal.ts";
import { Shop } from "../enrollment/shop.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer } from "../support/people.ts";

/**
 * Five journeys as demanding shops write them (test/story/hard): a basket whose buyers of late are spared, a win-back with
 * three letters and a winner, a birthday with a voucher and a text where the e-mail bounces, the welcome of business
 * customers with a score and a telephone call, and letters that ask for a review until there is one.
 */
const database = await aDatabase();
const terminal = aTerminal(database);
rmSync(terminal.path("workflows"), { recursive: true });
cpSync("test/story/hard", terminal.folder, { recursive: true });
beforeEach(() => freshTables(database));

test("they have no mistakes, and do what their tests say", async () => {
  const checked = await terminal.waypost("check", "--database");
  expect(checked).toMatchObject({ code: 0 });
  expect(checked.out).toContain("5 journeys and 2 segments: no mistakes");
  const { code, out } = await terminal.waypost("test");
  expect({ code, out }).toMatchObject({ code: 0 });
  expect(out).toContain("22 tests passed, 0 failed");
});

test("each comes back from its BPMN as it was", async () => {
  for (const name of ["basket", "birthday", "onboarding", "post-purchase", "win-back"]) {
    const drawing = terminal.path(`${name}.bpmn`);
    await terminal.waypost("chart", name, "--format", "bpmn", "--out", drawing);
    const file = terminal.path(`workflows/${name}.yaml`);
    const written = readFileSync(file, "utf8");
    const back = await terminal.waypost("bpmn", "import", drawing);
    expect(back).toMatchObject({ code: 0, err: "" });
    await terminal.waypost("apply");
    terminal.write(`workflows/${name}.yaml`, back.out);
    const { out } = await terminal.waypost("plan");
    expect(out).toContain("5 journeys unchanged");
    terminal.write(`workflows/${name}.yaml`, written);
  }
});

test("a plan is applied as it was, a customer is explained, moved by the next one, and brought back", async () => {
  await terminal.waypost("plan", "--out", terminal.path("first.plan"));
  expect((await terminal.waypost("apply", terminal.path("first.plan"))).code).toBe(0);
  const shop = new Shop(database);
  shop.now = new Date();
  const ada = await aCustomer(database, { external_id: "ada" });
  await shop.happens(ada, "order_completed", { order_id: "o1", total: 30 });
  await shop.live();
  const why = async () => (await terminal.waypost("why", "ada", "post-purchase")).out;
  expect(await why()).toMatch(/HERE +await-order_shipped: await order_shipped where order_id is/);

  const file = terminal.path("workflows/post-purchase.yaml");
  const written = readFileSync(file, "utf8");
  const moving = "migrate: { from: all, steps: { await-order_shipped: parcel } }\nsteps:";
  terminal.write(
    "workflows/post-purchase.yaml",
    written
      .replace("steps:", moving)
      .replace("    else: [{ exit: never", "    id: parcel\n    else: [{ exit: never"),
  );
  const { out } = await terminal.waypost("plan");
  expect(out).toContain("~ parcel (was await-order_shipped)");
  expect(out).toContain("version 1, at await-order_shipped: 1 moves to parcel");
  const applied = await terminal.waypost("apply");
  expect(applied.out).toContain("post-purchase: 1 customer moved to version 2");
  expect(await why()).toMatch(/HERE +parcel: await order_shipped/);
  const { out: back } = await terminal.waypost("rollback", "post-purchase", "--write");
  expect(back).toContain("1 customer brought back");
  expect(await why()).toMatch(/HERE +await-order_shipped/);
  expect(readFileSync(file, "utf8")).toBe(written);
});
