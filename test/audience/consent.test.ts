import { sql } from "kysely";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import type { Condition } from "../../src/journey/condition.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { Population, ago, now } from "./population.ts";

const people = new Population(await aDatabase());
const { database } = people;

beforeEach(() => freshTables(database));

const offersByEmail: Condition = {
  kind: "consent",
  channel: "email",
  topic: "offers",
  granted: true,
};

interface Line {
  readonly state: "granted" | "withdrawn";
  readonly channel?: string;
  readonly topic?: string;
  readonly at?: Date;
  readonly expires?: Date | null;
}

async function consents(name: string, lines: readonly Line[]): Promise<void> {
  const id = await people.customer(name);
  for (const {
    state,
    channel = "email",
    topic = "offers",
    at = ago("9 days"),
    expires = null,
  } of lines) {
    await database
      .insertInto("consents")
      .values({
        customer_id: id,
        channel,
        topic,
        state,
        method: "form",
        occurred_at: at,
        expires_at: expires,
      })
      .execute();
  }
}

const granted = { state: "granted" } as const;
const withdrawn = { state: "withdrawn" } as const;
const everything = { channel: "*", topic: "*" };

const cases: readonly [string, readonly Line[], boolean][] = [
  ["nothing was ever said", [], false],
  ["granted", [granted], true],
  ["granted for another topic", [{ ...granted, topic: "news" }], false],
  ["granted for another channel", [{ ...granted, channel: "sms" }], false],
  ["granted for everything", [{ ...granted, ...everything }], true],
  ["granted, later withdrawn", [granted, { ...withdrawn, at: ago("8 days") }], false],
  [
    "granted, later everything withdrawn",
    [granted, { ...withdrawn, ...everything, at: ago("8 days") }],
    false,
  ],
  [
    "everything withdrawn, later granted",
    [
      { ...withdrawn, ...everything },
      { ...granted, at: ago("8 days") },
    ],
    true,
  ],
  [
    "granted and everything withdrawn at one instant",
    [granted, { ...withdrawn, ...everything }],
    false,
  ],
  ["expired this instant", [{ ...granted, expires: now }], false],
  ["expiring a millisecond from now", [{ ...granted, expires: new Date(now.getTime() + 1) }], true],
  [
    "granted for all, then an exact grant that expired",
    [
      { ...granted, ...everything },
      { ...granted, at: ago("8 days"), expires: ago("1 day") },
    ],
    false,
  ],
];

test.each(cases)("%s", async (_, lines, allows) => {
  await consents("Ann", lines);
  expect(await people.who(offersByEmail)).toEqual(allows ? ["Ann"] : []);
  expect(await people.who({ ...offersByEmail, granted: false })).toEqual(allows ? [] : ["Ann"]);
});

test("the same row decides here as in deciding_consent, whatever the ledger holds", async () => {
  const line = fc.record({
    state: fc.constantFrom("granted", "withdrawn"),
    channel: fc.constantFrom("email", "*", "sms"),
    topic: fc.constantFrom("offers", "*", "news"),
    at: fc.constantFrom(ago("3 days"), ago("2 days"), ago("1 day")),
    expires: fc.constantFrom(null, ago("1 hour"), new Date(now.getTime() + 1)),
  });
  const ledgers = fc.sample(fc.array(line, { maxLength: 6 }), { numRuns: 60, seed: 7 });
  for (const [index, lines] of ledgers.entries()) await consents(`customer-${index}`, lines);
  const { rows } = await sql<{ name: string }>`
    select external_id as name from customers customer
    where (select granted from deciding_consent(customer.id, 'email', 'offers', ${now})) order by 1`.execute(
    database,
  );
  expect(await people.who(offersByEmail)).toEqual(rows.map(({ name }) => name));
  expect(rows.length).toBeGreaterThan(5);
});
