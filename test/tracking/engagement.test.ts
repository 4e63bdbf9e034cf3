import { expect, test } from "vitest";
import { recordClicks } from "../../src/tracking/clicks.ts";
import { engagement } from "../../src/tracking/engagement.ts";
import { LinkBook } from "../../src/tracking/links.ts";
import { recordOpens } from "../../src/tracking/opens.ts";
import { aDatabase } from "../support/database.ts";
import { aCustomer, later, monday } from "../support/people.ts";
import { aMessage, aPlannedMessage, aReport, report } from "./sent.ts";

const database = await aDatabase();

test("people and machines are counted apart, each message once", async () => {
  const customer = await aCustomer(database);
  const first = await aMessage(database, customer);
  const { journey_id, version_id } = first;
  const inJourney = { journey_id, version_id };
  const second = await aMessage(database, customer, inJourney);
  await aMessage(database, customer, inJourney);
  await aMessage(database, customer, { ...inJourney, step: "goes-well-with" });
  await aPlannedMessage(database, customer, inJourney);
  await aMessage(database, customer, { channel: "sms" });

  const [link = "0"] = (await new LinkBook().idsOf(database, ["https://shop.example/"])).values();
  const visit = (deliveryId: string, machine: boolean) => ({
    deliveryId,
    linkId: link,
    machine,
    userAgent: null,
    at: later(monday, { minutes: 1 }),
  });
  const visits = [
    visit(first.delivery_id, true),
    visit(first.delivery_id, false),
    visit(second.delivery_id, true),
    visit(second.delivery_id, true),
  ];
  await recordOpens(database, visits);
  await recordClicks(database, visits);
  await report(database, aReport({ kind: "complained", deliveryId: first.delivery_id }));

  const counted = await engagement(database, journey_id);
  const none = { delivered: 0, bounced: 0, opened: 0, clicked: 0, complained: 0, unsubscribed: 0 };
  const nobody = { ...none, openedByMachines: 0, clickedByMachines: 0 };
  const of = { journeyId: journey_id, channel: "email" };
  expect(counted).toEqual([
    { ...nobody, ...of, step: "goes-well-with", sent: 1 },
    {
      ...nobody,
      ...of,
      step: "hello",
      sent: 3,
      opened: 1,
      clicked: 1,
      openedByMachines: 1,
      clickedByMachines: 1,
      complained: 1,
    },
  ]);
  expect((await engagement(database)).map(({ channel }) => channel)).toEqual([
    "email",
    "email",
    "sms",
  ]);
});
