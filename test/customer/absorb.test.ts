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

async function aJourney(name = "welcome"): Promise<{ journey_id: number; version_id: number }> {
  const journey = await database
    .insertInto("journeys")
    .values({ name, created_at: now, changed_at: now })
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

test("of two customers merged into one at once the passages that do not fit end, and say no more", async () => {
  const [first, second] = [await aCustomer({ email: "a@example.com" }), await aCustomer({})];
  const known = await aCustomer({ external_id: "c-2" });
  const { version_id, journey_id } = await aJourney("twice");
  const dated = { step: "first", due_at: now, entered_at: now, moved_at: now, entry_key: "once" };
  const enrollments = await database
    .insertInto("enrollments")
    .values(
      [first, second].map((customer_id) => ({ ...dated, journey_id, version_id, customer_id })),
    )
    .returning(["id", "customer_id"])
    .execute();
  await database
    .insertInto("messages")
    .values(
      enrollments.flatMap(({ id, customer_id }) =>
        (["planned", "retry", "accepted"] as const).map((state) => ({
          enrollment_id: id,
          journey_id,
          version_id,
          customer_id,
          state,
          step: state,
          channel: "letter",
          template: "hello",
          class: "marketing" as const,
          due_at: now,
          expires_at: now,
          planned_at: now,
        })),
      ),
    )
    .execute();
  await absorb(
    database,
    [first, second].map((from) => ({ from, into: known })),
    now,
  );
  const messages = await database
    .selectFrom("messages")
    .select(["customer_id", "state", "reason"])
    .orderBy("id")
    .execute();
  const merged = { customer_id: second, state: "suppressed", reason: "merged" };
  expect(messages).toEqual([
    ...["planned", "retry", "accepted"].map((state) => ({
      customer_id: known,
      state,
      reason: null,
    })),
    merged,
    merged,
    { customer_id: second, state: "accepted", reason: null },
  ]);
  const shell = database.selectFrom("customers").select(["merged_into"]).where("id", "=", second);
  expect(await shell.execute()).toEqual([{ merged_into: known }]);
  const left = database
    .selectFrom("enrollments")
    .select(["state"])
    .where("customer_id", "=", second);
  expect(await left.execute()).toEqual([{ state: "exited" }]);
});
