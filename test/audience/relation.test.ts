import { sql } from "kysely";
import { beforeAll, describe, expect, test } from "vitest";
import { conditionSql } from "../../src/audience/condition-sql.ts";
import { propertiesSql } from "../../src/audience/event-sql.ts";
import type { Condition, MessageWas } from "../../src/journey/condition.ts";
import { aDatabase } from "../support/database.ts";
import { Population, ago, lasting, not, now, test as tests } from "./population.ts";

const people = new Population(await aDatabase());
const { database } = people;

describe("the account a customer buys for", () => {
  beforeAll(async () => {
    const dated = { created_at: now, updated_at: now };
    const accounts = [
      {
        external_id: "acme",
        industry: "retail",
        employees: 50,
        attributes: '{"tier": "1"}',
        ...dated,
      },
      { external_id: "void", ...dated },
    ];
    const ids = await database.insertInto("accounts").values(accounts).returning("id").execute();
    await people.customer("Ann", { account_id: ids[0]?.id });
    await people.customer("Bob", { account_id: ids[1]?.id });
    await people.customer("Cid");
  });

  const cases: readonly [string, Parameters<typeof tests>[0], readonly string[]][] = [
    ["industry", { eq: "retail" }, ["Ann"]],
    ["industry", { ne: "retail" }, ["Bob", "Cid"]],
    ["industry", { exists: false }, ["Bob", "Cid"]],
    ["industry", { exists: true }, ["Ann"]],
    ["industry", { in: ["retail", null] }, ["Ann", "Bob", "Cid"]],
    ["industry", { not_in: ["retail"] }, ["Bob", "Cid"]],
    ["employees", { gte: 50 }, ["Ann"]],
    ["employees", { lt: 50 }, []],
    ["attributes.tier", { eq: 1 }, ["Ann"]],
    ["external_id", { starts_with: "v" }, ["Bob"]],
  ];
  test.each(cases)("account.%s %o holds of %j", async (field, asked, expected) => {
    expect(await people.who({ kind: "account", field, test: tests(asked) })).toEqual(expected);
  });
});

describe("in a journey", () => {
  const enrollments = new Map<string, string>();

  beforeAll(async () => {
    await sql`insert into journeys (name, created_at, changed_at) values ('welcome', ${now}, ${now}), ('other', ${now}, ${now})`.execute(
      database,
    );
    await sql`insert into journey_versions (journey_id, number, definition, source, file, hash, applied_at)
      select id, 1, '{}', '', name, name, ${now} from journeys`.execute(database);
    for (const name of ["Ann", "Bob"]) {
      const { rows } = await sql<{ id: string }>`
        insert into enrollments (journey_id, version_id, customer_id, entry_key, step, entry, entered_at, moved_at)
        select 1, 1, id, 'once', 'wait', ${JSON.stringify({ total: name === "Ann" ? 50 : "?" })}::jsonb, ${now}, ${now}
        from customers where external_id = ${name} returning id`.execute(database);
      enrollments.set(name, rows[0]?.id ?? "");
    }
    await aMessage("Ann", "thanks", {
      state: "delivered",
      accepted_at: ago("3 days"),
      delivered_at: ago("3 days"),
      opened_at: ago("2 days"),
    });
    await aMessage("Ann", "invite", { state: "failed", due_at: ago("1 day") });
    await aMessage("Bob", "thanks", {
      state: "accepted",
      accepted_at: ago("3 days"),
      clicked_at: ago("1 day"),
      unsubscribed_at: now,
    });
    await aMessage("Bob", "invite", {
      state: "suppressed",
      due_at: ago("4 days"),
      bounced_at: null,
    });
  });

  async function aMessage(
    name: string,
    step: string,
    columns: Record<string, unknown>,
  ): Promise<void> {
    const enrollment = enrollments.get(name) ?? "";
    const { customer_id } = await database
      .selectFrom("enrollments")
      .select("customer_id")
      .where("id", "=", enrollment)
      .executeTakeFirstOrThrow();
    await database
      .insertInto("messages")
      .values({
        enrollment_id: enrollment,
        customer_id,
        journey_id: 1,
        version_id: 1,
        step,
        channel: "email",
        template: step,
        class: "marketing",
        due_at: now,
        expires_at: now,
        planned_at: now,
        ...columns,
      })
      .execute();
  }

  async function enrolled(condition: Condition): Promise<readonly string[]> {
    const holds = conditionSql(condition, { now, enrollment: "enrollment" });
    const { rows } = await sql<{ name: string }>`
      select customer.external_id as name
      from enrollments enrollment join customers customer on customer.id = enrollment.customer_id
      where ${holds} order by 1`.execute(database);
    return rows.map(({ name }) => name);
  }

  const cases: readonly [string | null, MessageWas, string | null, readonly string[]][] = [
    ["thanks", "sent", null, ["Ann", "Bob"]],
    ["thanks", "delivered", null, ["Ann"]],
    ["thanks", "opened", null, ["Ann", "Bob"]],
    ["thanks", "opened", "1 day", ["Bob"]],
    ["thanks", "clicked", null, ["Bob"]],
    ["thanks", "bounced", null, []],
    ["thanks", "unsubscribed", null, ["Bob"]],
    ["invite", "sent", null, []],
    ["invite", "failed", null, ["Ann"]],
    ["invite", "failed", "1 day", ["Ann"]],
    ["invite", "failed", "23 hours", []],
    ["invite", "suppressed", null, ["Bob"]],
    [null, "suppressed", null, ["Bob"]],
    ["unheard", "sent", null, []],
  ];
  test.each(cases)("message %s was %s within %s: %j", async (step, was, window, expected) => {
    const within = window === null ? null : lasting(window);
    const asked: Condition = { kind: "message", journey: null, step, was, within };
    expect(await enrolled(asked)).toEqual(expected);
    expect(await enrolled(not(asked))).toEqual(
      ["Ann", "Bob"].filter((name) => !expected.includes(name)),
    );
  });

  test("an open by a machine is none", async () => {
    await sql`insert into opens (message_id, at, machine) select id, ${now}, true from messages where step = 'invite'`.execute(
      database,
    );
    expect(
      await enrolled({
        kind: "message",
        journey: null,
        step: "invite",
        was: "opened",
        within: null,
      }),
    ).toEqual([]);
  });

  test("the messages of a named journey are those of any passage through it", async () => {
    const clicked: Condition = {
      kind: "message",
      journey: "welcome",
      step: "thanks",
      was: "clicked",
      within: null,
    };
    expect(await people.who(clicked)).toEqual(["Bob"]);
    expect(await people.who({ ...clicked, journey: "other" })).toEqual([]);
    expect(await people.who({ ...clicked, journey: null }, { journey: "welcome" })).toEqual([
      "Bob",
    ]);
  });

  test("the event that started it can be asked, dirty values included", async () => {
    const entry: Condition = { kind: "entry", field: "total", test: tests({ gte: 50 }) };
    expect(await enrolled(entry)).toEqual(["Ann"]);
    expect(await enrolled(not(entry))).toEqual(["Bob"]);
    expect(await people.who(entry, { entry: sql`'{"total": 60}'::jsonb` })).toEqual([
      "Ann",
      "Bob",
      "Cid",
    ]);
  });

  test("properties of an event are asked where they lie", async () => {
    const holds = propertiesSql(
      { total: tests({ gt: 5 }), path: tests({ ne: "/" }) },
      sql`'{"total": 6}'::jsonb`,
      now,
    );
    expect((await sql`select 1 where ${holds}`.execute(database)).rows).toHaveLength(1);
  });
});

describe("kept segments", () => {
  beforeAll(async () => {
    await sql`insert into segments (name, condition, file) values ('regulars', '{}', 'regulars.yaml')`.execute(
      database,
    );
    await sql`insert into segment_members (segment_id, customer_id, entered_at, left_at)
      select 1, id, ${ago("9 days")}, case external_id when 'Bob' then ${ago("1 day")}::timestamptz end
      from customers where external_id in ('Ann', 'Bob')`.execute(database);
  });

  test("who is a member is in, who left is not", async () => {
    expect(await people.who({ kind: "segment", name: "regulars" })).toEqual(["Ann"]);
    expect(await people.who({ kind: "segment", name: "unheard" })).toEqual([]);
  });

  test("where the segments are known, another name is a mistake", () => {
    const asked = () =>
      conditionSql({ kind: "segment", name: "regular" }, { now, segments: ["regulars"] });
    expect(asked).toThrow('expected a segment (regulars), got "regular". Did you mean "regulars"?');
  });
});
