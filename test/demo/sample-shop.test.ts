import { describe, expect, it } from "vitest";
import { type Shopper, sampleShop } from "../../src/demo/sample-shop.ts";

const until = new Date("2026-06-01T12:00:00Z");
const days = (count: number) => new Date(until.getTime() - count * 86_400_000);
const shop = (customers: number, seed = "test") => [...sampleShop({ seed, customers, until })];
const ordersOf = ({ events }: Shopper) => events.filter(({ name }) => name === "order_completed");

describe("the sample shop", () => {
  it("is the same for the same seed, and another for another", () => {
    expect(shop(30)).toEqual(shop(30));
    expect(shop(30, "other")).not.toEqual(shop(30));
  });

  it("keeps its first customers when it grows", () => {
    expect(shop(40).slice(0, 20)).toEqual(shop(20));
  });

  it("has a year of what they did, in order of time", () => {
    for (const { customer, events } of shop(200)) {
      const times = events.map(({ at }) => at.getTime());
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      for (const { at } of events) {
        expect(at < until && at >= days(365)).toBe(true);
        expect(at >= customer.joinedAt).toBe(true);
      }
    }
  });

  it("has customers who bought once, who came back, who drifted away and who only look", () => {
    const shoppers = shop(1000);
    const bought = shoppers.filter((shopper) => ordersOf(shopper).length > 0);
    const often = bought.filter((shopper) => ordersOf(shopper).length > 1);
    const lapsed = bought.filter((shopper) => ordersOf(shopper).every(({ at }) => at < days(180)));
    for (const share of [bought, often, lapsed].map((those) => those.length / shoppers.length)) {
      expect(share).toBeGreaterThan(0.1);
      expect(share).toBeLessThan(0.9);
    }
  });

  it("asks for the prices of what is in the basket", () => {
    for (const shopper of shop(100)) {
      for (const { properties } of ordersOf(shopper)) {
        const items = properties["items"] as readonly { price: number; quantity: number }[];
        const sum = items.reduce((total, item) => total + item.price * item.quantity, 0);
        expect(properties["total"]).toBeCloseTo(sum, 2);
      }
    }
  });

  it("has no two customers with one address or one number", () => {
    const customers = shop(1000).map(({ customer }) => customer);
    expect(new Set(customers.map(({ email }) => email)).size).toBe(1000);
    const phones = customers.flatMap(({ phone }) => phone ?? []);
    expect(new Set(phones).size).toBe(phones.length);
  });
});
