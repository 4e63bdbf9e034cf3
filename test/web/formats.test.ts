import { expect, test } from "vitest";
import { createFormats } from "../../src/web/formats.ts";
import { later, monday } from "../support/people.ts";

const london = createFormats({ locale: "en-GB", zone: "Europe/London", currency: "GBP" });
const berlin = createFormats({ locale: "de_DE", zone: "Europe/Berlin", currency: "EUR" });

test("numbers, money and times are written as the shop writes them", () => {
  expect(london.number(1_234_567)).toBe("1,234,567");
  expect(berlin.number(1_234_567)).toBe("1.234.567");
  expect(london.money(12.5)).toBe("£12.50");
  expect(berlin.money(12.5)).toBe("12,50\u00a0€");
  expect(london.money(12_345.67)).toBe("£12,346");
  expect(london.percent(0.1234)).toBe("12.3%");
  expect(london.points(0.0612)).toBe("6.1 points");
  expect(london.moment(monday)).toBe("12 Jan 2026, 12:00");
  expect(berlin.moment(monday)).toBe("12.01.2026, 13:00");
});

test("a locale or a currency that nobody knows is no reason to fall over", () => {
  const odd = createFormats({ locale: "no such thing", zone: "UTC", currency: "GBP" });
  expect(odd.money(5, "gp")).toBe("5 gp");
  expect(odd.locale).toBe("en");
});

test("times near by are told by their distance", () => {
  const near = [
    [{ seconds: -20 }, "20 seconds ago"],
    [{ minutes: -3 }, "3 minutes ago"],
    [{ hours: 5 }, "in 5 hours"],
    [{ days: -1 }, "yesterday"],
    [{ days: 800 }, "in 2 years"],
  ] as const;
  for (const [by, told] of near) expect(london.distance(later(monday, by), monday)).toBe(told);
});
