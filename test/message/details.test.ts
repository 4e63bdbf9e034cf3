import { expect, test } from "vitest";
import { accountFields, customerFields } from "../../src/journey/field.ts";
import { loadMessages } from "../../src/message/details.ts";
import { sampleMessage } from "../../src/message/sample.ts";
import { aDatabase } from "../support/database.ts";
import { aCustomer, monday } from "../support/people.ts";
import { aJourney, plan } from "./ledger.ts";

const database = await aDatabase();

test("a template can say whatever a condition can ask of a customer and of an account", async () => {
  const account = await database
    .insertInto("accounts")
    .values({ external_id: "a-1", name: "Acme", created_at: monday, updated_at: monday })
    .returning("id")
    .executeTakeFirstOrThrow();
  const ada = await aCustomer(database, {
    account_id: account.id,
    postcode: "W1A 1AA",
    birthday: "1815-12-10",
    since: monday,
  });
  const journey = await aJourney(database);
  await plan(database, [ada], { journey });
  const { id } = await database.selectFrom("messages").select("id").executeTakeFirstOrThrow();
  const [message] = await loadMessages(database, [id]);
  expect(Object.keys(message?.customer ?? {})).toEqual(expectedOf(customerFields));
  expect(Object.keys(message?.account ?? {})).toEqual(expectedOf(accountFields));
  expect(message?.customer).toMatchObject({ id: ada, postcode: "W1A 1AA", birthday: "1815-12-10" });
  expect(new Date(message?.customer.created_at ?? "")).toEqual(monday);

  const to = { database, customer: ada };
  const sample = await sampleMessage({ template: "hello", channel: "email", now: monday }, to);
  expect(sample.customer).toEqual(message?.customer);
  expect(sample.account).toEqual(message?.account);
  const example = await sampleMessage({ template: "hello", channel: "email", now: monday });
  expect(Object.keys(example.customer)).toEqual(expectedOf(customerFields));
});

function expectedOf(fields: object): readonly string[] {
  return ["id", ...Object.keys(fields), "attributes"];
}
