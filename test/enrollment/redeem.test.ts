import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import { listDeadEvents, replayDeadEvents } from "../../src/enrollment/dead-event.ts";
import { addVouchers, savePools } from "../../src/enrollment/voucher-pool.ts";
import { aCustomer } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const thanks = `
journey: thanks
start: { on: voucher_redeemed, again: always }
steps: [{ wait: 1 day }, { send: thanks, by: email }]`;

const redeemed = async () => {
  const rows = await shop.database
    .selectFrom("vouchers")
    .select("code")
    .where("redeemed_at", "is not", null)
    .orderBy("code")
    .execute();
  return rows.map(({ code }) => code);
};

let people: readonly string[] = [];
const entered = async () => Promise.all(people.map((one) => shop.whereabouts(one)));

/** Three customers use a voucher each, with the codes a, b and c. */
beforeEach(async () => {
  const rules = { redeemed_by: "voucher_redeemed", property: "code", low: 0 };
  await savePools(shop.database, { welcome: rules }, shop.now);
  const codes = ["a", "b", "c"].map((code) => ({ code, expiresAt: null }));
  await addVouchers(shop.database, "welcome", codes, shop.now);
  await shop.apply(thanks);
  people = await Promise.all(codes.map(() => aCustomer(shop.database)));
  for (const [nth, one] of people.entries())
    await shop.happens(one, "voucher_redeemed", { code: codes[nth]?.code });
});

async function refuse(code: string): Promise<void> {
  await sql
    .raw(
      `create or replace function refuse_voucher() returns trigger language plpgsql as $$
       begin
         if new.code = '${code}' then raise exception 'code "%" is refused', new.code; end if;
         return new;
       end $$;
       create or replace trigger refuse before update on vouchers for each row execute function refuse_voucher();`,
    )
    .execute(shop.database);
}

const mend = async () => {
  await sql`alter table if exists gone rename to vouchers`.execute(shop.database);
  await sql`drop trigger if exists refuse on vouchers`.execute(shop.database);
};
afterEach(mend);

async function replay(): Promise<number> {
  const replayed = await replayDeadEvents(shop.database, { now: shop.now });
  await shop.react();
  return replayed;
}

test("a voucher that cannot be marked as used keeps no other from it, and no journey from the event", async () => {
  await refuse("b");
  await shop.react();
  expect(await redeemed()).toEqual(["a", "c"]);
  expect(await entered()).toEqual(people.map(() => ["entered at wait-1-day"]));
  expect(await listDeadEvents(shop.database)).toEqual([
    { journey: null, events: 1, reason: 'code "…" is refused', since: shop.now },
  ]);
});

test("its event is replayed for the vouchers alone", async () => {
  await refuse("b");
  await shop.react();
  expect(await replayDeadEvents(shop.database, { journey: "thanks", now: shop.now })).toBe(0);
  expect(await replay()).toBe(1);
  expect(await listDeadEvents(shop.database)).toMatchObject([{ journey: null, events: 1 }]);
  await mend();
  expect(await replay()).toBe(1);
  expect(await redeemed()).toEqual(["a", "b", "c"]);
  expect(await entered()).toEqual(people.map(() => ["entered at wait-1-day"]));
  expect(await listDeadEvents(shop.database)).toEqual([]);
});

test("where the vouchers are gone, journeys that have none go on", async () => {
  await sql`alter table vouchers rename to gone`.execute(shop.database);
  await shop.react();
  expect(await entered()).toEqual(people.map(() => ["entered at wait-1-day"]));
  expect(await listDeadEvents(shop.database)).toMatchObject([{ journey: null, events: 3 }]);
  await mend();
  await replay();
  expect(await redeemed()).toEqual(["a", "b", "c"]);
});
