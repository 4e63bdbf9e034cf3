import { expect, test } from "vitest";
import { absorb } from "../../src/customer/absorb.ts";
import { recordConsents } from "../../src/customer/consent.ts";
import { aDatabase } from "../support/database.ts";

const database = await aDatabase();
const now = new Date("2026-11-20T12:00:00Z");

async function aCustomer(fields: { external_id?: string; email?: string }): Promise<string> {
  const dated = { created_at: now, updated_at: now };
  return (
    await database
      .insertInto("customers")
      .values({ ...fields, ...dated })
      .returning("id")
      .executeTakeFirstOrThrow()
  ).id;
}

async function aJourney(): Promise<{ journey_id: number; version_id: number }> {
  const journey = await database
    .insertInto("journeys")
    .values({ name: "welcome", created_at: now, changed_at: now })
    .returning("id")
    .executeTakeFirstOrThrow();
  const version = await database
    .insertInto("journey_versions")
    .values({
      journey_id: journey.id,
      number: 1,
      definition: "{}",
      source: "",
      file: "welcome.yaml",
      hash: "h",
      applied_at: now,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return { journey_id: journey.id, version_id: version.id };
}

test("of two passages on the same grounds the known customer's goes on, others move, and consents are kept", async () => {
  const anonymous = await aCustomer({ email: "ann@example.com" });
  const known = await aCustomer({ external_id: "c-1" });
  const journey = await aJourney();
  const enrollment = { ...journey, step: "first", due_at: now, entered_at: now, moved_at: now };
  await database
    .insertInto("enrollments")
    .values([
      { ...enrollment, customer_id: anonymous, entry_key: "once" },
      { ...enrollment, customer_id: anonymous, entry_key: "other" },
      { ...enrollment, customer_id: known, entry_key: "once" },
    ])
    .execute();
  await recordConsents(database, [
    {
      customer_id: anonymous,
      channel: "email",
      topic: "offers",
      state: "granted",
      method: "form",
      occurred_at: now,
    },
  ]);
  await absorb(database, [{ from: anonymous, into: known }], now);
  expect(
    await database
      .selectFrom("enrollments")
      .select(["customer_id", "entry_key", "state", "reason"])
      .orderBy("id")
      .execute(),
  ).toEqual([
    { customer_id: anonymous, entry_key: "once", state: "exited", reason: "merged" },
    { customer_id: known, entry_key: "other", state: "entered", reason: null },
    { customer_id: known, entry_key: "once", state: "entered", reason: null },
  ]);
  expect(
    await database
      .selectFrom("current_consents")
      .select("state")
      .where("customer_id", "=", known)
      .execute(),
  ).toEqual([{ state: "granted" }]);
  expect(
    await database.selectFrom("customers").select(["id", "email"]).orderBy("id").execute(),
  ).toEqual([
    { id: anonymous, email: null },
    { id: known, email: "ann@example.com" },
  ]);
});
