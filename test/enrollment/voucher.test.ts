import { expect, test } from "vitest";
import { advance } from "../../src/enrollment/advance.ts";
import { replayHeld } from "../../src/enrollment/hold.ts";
import { readVoucherLine } from "../../src/enrollment/voucher-line.ts";
import {
  addVouchers,
  listPools,
  resumeForVouchers,
  savePools,
} from "../../src/enrollment/voucher-pool.ts";
import { aCustomer, later } from "../support/people.ts";
import { aShop } from "./shop.ts";

const shop = await aShop();

const rules = { redeemed_by: "voucher_redeemed", property: "code", low: 2 };

async function aPool(
  codes: readonly string[],
  given: Partial<typeof rules> = {},
  expiresAt: Date | null = null,
) {
  await savePools(shop.database, { welcome: { ...rules, ...given } }, shop.now);
  await addVouchers(
    shop.database,
    "welcome",
    codes.map((code) => ({ code, expiresAt })),
    shop.now,
  );
}

const welcome = (more = "") => `
journey: welcome
start: { on: signed_up, again: always }
steps:
  - { voucher: welcome${more} }
  - { send: hello, by: email }`;

async function signUp(count: number) {
  const people: string[] = [];
  for (let i = 0; i < count; i++) {
    const one = await aCustomer(shop.database);
    await shop.happens(one, "signed_up");
    people.push(one);
  }
  return people;
}

const handedOut = async () => {
  const rows = await shop.database
    .selectFrom("vouchers")
    .innerJoin("enrollments", "enrollments.id", "vouchers.enrollment_id")
    .select(["code", "customer_id", "vouchers.expires_at", "redeemed_at"])
    .orderBy("code")
    .execute();
  return rows;
};

test("as many customers get as many codes, each of their own, those first that spoil first", async () => {
  await aPool(["c", "d"]);
  await aPool(["a", "b"], {}, later(shop.now, { days: 3 }));
  await shop.apply(welcome());
  const people = await signUp(3);
  await shop.live();
  const codes = await handedOut();
  expect(codes.map(({ code }) => code)).toEqual(["a", "b", "c"]);
  expect(codes.map(({ customer_id }) => customer_id ?? "").toSorted()).toEqual(people.toSorted());
  for (const one of people) expect(await shop.messagesTo(one)).toEqual(["email hello"]);
});

test("two workers at once hand no code out twice", async () => {
  const codes = Array.from({ length: 300 }, (_, index) => `code-${index}`);
  await aPool(codes);
  await shop.apply(welcome());
  await signUp(300);
  await shop.react();
  const turn = { ...shop.turn, limit: 40 };
  await Promise.all(
    [1, 2, 3, 4].map(async () => {
      while ((await advance(shop.database, turn)).more);
    }),
  );
  await shop.travel("2 seconds");
  const rows = await handedOut();
  expect(new Set(rows.map(({ code }) => code)).size).toBe(300);
  expect(new Set(rows.map(({ customer_id }) => customer_id)).size).toBe(300);
});

test("who comes to the step again keeps the code", async () => {
  await aPool(["a", "b"]);
  await shop.apply(welcome());
  const [ada = ""] = await signUp(1);
  await shop.live();
  await shop.database
    .updateTable("enrollments")
    .set({ state: "waiting", step: "welcome", due_at: shop.now, finished_at: null })
    .execute();
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual(["completed"]);
  expect((await handedOut()).map(({ code }) => code)).toEqual(["a"]);
});

test("an empty pool holds the customer, says what to do, and lets go when codes come", async () => {
  await aPool([]);
  await shop.apply(welcome());
  const [ada = ""] = await signUp(1);
  await shop.live();
  expect(await shop.whereabouts(ada)).toEqual([
    'held at welcome: the voucher pool "welcome" is empty; add codes with waypost vouchers add welcome FILE',
  ]);
  await replayHeld(shop.database, { now: shop.now });
  await shop.live();
  expect((await shop.whereabouts(ada))[0]).toMatch(/^held/);
  await aPool(["a"]);
  expect(await resumeForVouchers(shop.database, "welcome", shop.now)).toBe(1);
  await shop.live();
  expect(await shop.messagesTo(ada)).toEqual(["email hello"]);
});

test("an empty pool sends the customer on by else, where the step has one", async () => {
  await aPool(["a"]);
  await shop.apply(`
journey: welcome
start: { on: signed_up, again: always }
steps:
  - voucher: welcome
    else: [{ send: sorry, by: email }, { exit: none left }]
  - { send: hello, by: email }`);
  const [first = "", second = ""] = await signUp(2);
  await shop.live();
  const ways = [...(await shop.messagesTo(first)), ...(await shop.messagesTo(second))];
  expect(ways.toSorted()).toEqual(["email hello", "email sorry"]);
});

test("a code is good for as long as its step says, never longer than it is itself", async () => {
  await aPool(["a"], {}, later(shop.now, { days: 10 }));
  await aPool(["b"], {}, later(shop.now, { days: 60 }));
  await shop.apply(welcome(", expires: 30 days"));
  await signUp(2);
  await shop.live();
  expect((await handedOut()).map(({ expires_at }) => expires_at)).toEqual([
    later(shop.now, { days: 10 }),
    later(shop.now, { days: 30 }),
  ]);
});

test("a code that is past its time is handed out to nobody", async () => {
  await aPool(["a"], {}, shop.now);
  await shop.apply(welcome());
  const [ada = ""] = await signUp(1);
  await shop.live();
  expect((await shop.whereabouts(ada))[0]).toMatch(/^held/);
});

test("the shop's event says that a code was used, by its own name and property", async () => {
  await aPool(["a", "b"], { redeemed_by: "order_completed", property: "cart.coupon" });
  await shop.apply(welcome());
  const [ada = ""] = await signUp(1);
  await shop.live();
  const { rows: heard } = {
    rows: await shop.database.selectFrom("heard_events").select("name").execute(),
  };
  expect(heard.map(({ name }) => name)).toContain("order_completed");
  await shop.happens(ada, "order_completed", { cart: { coupon: "a" } });
  await shop.happens(ada, "order_completed", { cart: { coupon: "unknown" } });
  await shop.live();
  expect(await handedOut()).toMatchObject([{ code: "a", redeemed_at: shop.now }]);
});

test("a code that was used before it was handed out is handed out no more", async () => {
  await aPool(["a", "b"]);
  await shop.apply(welcome());
  const [ada = ""] = await signUp(1);
  await shop.happens(ada, "voucher_redeemed", { code: "a" });
  await shop.live();
  expect((await handedOut()).map(({ code }) => code)).toEqual(["b"]);
});

test("pools are counted, and one with few codes left says so", async () => {
  await aPool(["a", "b", "c"]);
  await aPool(["old"], {}, later(shop.now, { days: -1 }));
  await shop.apply(welcome());
  const [ada = ""] = await signUp(2);
  await shop.live();
  await shop.happens(ada, "voucher_redeemed", { code: "a" });
  await shop.live();
  expect(await listPools(shop.database, shop.now)).toEqual([
    { pool: "welcome", free: 1, handedOut: 1, redeemed: 1, expired: 1, isLow: true },
  ]);
});

test("adding the same codes again adds nothing", async () => {
  await aPool(["a", "b"]);
  const codes = ["a", "b", "c"].map((code) => ({ code, expiresAt: null }));
  expect(await addVouchers(shop.database, "welcome", codes, shop.now)).toBe(1);
});

test.each([
  ["A1", { code: "A1", expiresAt: null }],
  ['"A1", "2026-12-31"', { code: "A1", expiresAt: new Date("2026-12-31T23:00:00Z") }],
  ["A1;2026-12-31T10:00:00Z", { code: "A1", expiresAt: new Date("2026-12-31T10:00:00Z") }],
  ["", "nothing"],
  ["A 1", { fault: "expected a code of at most 200 characters without spaces, found another" }],
  [",2026-12-31", { fault: "expected a code before the comma, found none" }],
  ["A1,2026-02-30", { fault: 'expected a day such as 2026-12-31, found "2026-02-30"' }],
  ["A1,soon", { fault: 'expected a day such as 2026-12-31, found "soon"' }],
  ["A1,2026-12-31,x", { fault: "expected a code and, after a comma, its last day; found 3 cells" }],
])("a line %j of a file of codes", (line, read) => {
  expect(readVoucherLine(line, "Europe/Berlin", false)).toEqual(read);
});

test("a heading is no code, and only at the head", () => {
  expect(readVoucherLine("\uFEFFcode,expires", "UTC", true)).toBe("nothing");
  expect(readVoucherLine("code", "UTC", false)).toEqual({ code: "code", expiresAt: null });
});
