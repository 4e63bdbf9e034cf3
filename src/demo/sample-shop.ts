import { Chance } from "./chance.ts";
import { type ShopCustomer, shopCustomer } from "./shop-customer.ts";
import {
  type ShopEvent,
  completeOrder,
  fillBasket,
  later,
  updateBasket,
  viewPages,
} from "./shop-visit.ts";

export interface ShopOptions {
  readonly seed: string;
  readonly customers: number;
  /** The shop's last moment; it began a year and more before. */
  readonly until: Date;
}

export interface Shopper {
  readonly customer: ShopCustomer;
  /** What they did in the last year, in order of time. */
  readonly events: readonly ShopEvent[];
}

const dayMs = 86_400_000;
const yearMs = 365 * dayMs;

/**
 * A shop as real ones are: a third of the customers bought once, some come back, a few are loyal, some drifted away, and
 * some only look; more is bought before Christmas than in February, and more in the evening than in the morning. Each
 * customer depends on the seed and their number alone.
 */
export function* sampleShop({ seed, customers, until }: ShopOptions): Generator<Shopper> {
  for (let nth = 0; nth < customers; nth++) {
    const customer = shopCustomer(nth, seed, until);
    yield { customer, events: yearOf(customer, new Chance(`${seed} year ${nth}`), until) };
  }
}

/** How lively the shop is, from January to December. */
const season = [0.75, 0.65, 0.7, 0.75, 0.8, 0.8, 0.75, 0.7, 0.8, 0.9, 1, 1];
const hours: readonly { readonly hour: number; readonly weight: number }[] = [
  { hour: 7, weight: 2 },
  { hour: 9, weight: 3 },
  { hour: 12, weight: 6 },
  { hour: 15, weight: 4 },
  { hour: 18, weight: 7 },
  { hour: 20, weight: 10 },
  { hour: 22, weight: 3 },
];

function yearOf(customer: ShopCustomer, chance: Chance, until: Date): ShopEvent[] {
  const events: ShopEvent[] = [];
  const { habit, joinedAt, lastSeen } = customer;
  const end = Math.min(lastSeen.getTime(), until.getTime());
  let visits = 0;
  // They joined by buying, unless they only look.
  const firstBuys = habit.name !== "browses" && chance.happens(0.85) ? 1 : habit.buys;
  let next = joinedAt.getTime();
  while (next < end) {
    const at = visits === 0 ? joinedAt : atShoppingHour(new Date(next), customer, chance);
    const isQuiet = visits > 0 && !chance.happens(season[at.getUTCMonth()] ?? 1);
    if (!isQuiet && at.getTime() >= joinedAt.getTime())
      events.push(...visit(customer, chance, at, visits, visits === 0 ? firstBuys : habit.buys));
    visits++;
    next += chance.wait(habit.daysBetweenVisits * dayMs);
  }
  const start = until.getTime() - yearMs;
  return events
    .filter(({ at }) => at.getTime() >= start && at.getTime() < until.getTime())
    .toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

function atShoppingHour(day: Date, { place }: ShopCustomer, chance: Chance): Date {
  const local = chance.weighted(hours).hour + chance.between(0, 2);
  const midnight = Math.floor(day.getTime() / dayMs) * dayMs;
  return new Date(midnight + (local - place.hoursAheadOfUtc) * 3_600_000);
}

/** Of the baskets that are not bought at once, one in twenty is bought a day or two later, without being asked. */
const comesBack = 0.05;

function visit(
  customer: ShopCustomer,
  chance: Chance,
  at: Date,
  nth: number,
  buys: number,
): ShopEvent[] {
  const events = viewPages(customer, at, chance);
  if (!chance.happens(Math.max(customer.habit.fillsBasket, buys === 1 ? 1 : 0))) return events;
  const items = fillBasket(customer, chance);
  const number = `${customer.id.slice(2)}-${nth + 1}`;
  const filledAt = later(at, chance.between(4, 9));
  events.push(updateBasket(customer, filledAt, `B-${number}`, items));
  const minutes = chance.happens(buys)
    ? chance.between(5, 40)
    : chance.happens(comesBack)
      ? chance.between(9, 50) * 60
      : undefined;
  if (minutes !== undefined)
    events.push(completeOrder(customer, later(filledAt, minutes), `LL-${number}`, items));
  return events;
}
