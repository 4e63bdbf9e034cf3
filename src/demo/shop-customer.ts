import { faker as german } from "@faker-js/faker/locale/de";
import { faker as british } from "@faker-js/faker/locale/en_GB";
import { Chance } from "./chance.ts";
import { type ShopPlace, places } from "./shop-place.ts";
import { categories } from "./shop-product.ts";

/** How somebody shops: how often they look in, how often they fill a basket, and how often they buy it at once. */
export interface Habit {
  readonly name: "browses" | "bought once" | "regular" | "loyal" | "drifted away";
  readonly weight: number;
  readonly daysBetweenVisits: number;
  readonly fillsBasket: number;
  readonly buys: number;
}

const habits: readonly Habit[] = [
  { name: "browses", weight: 16, daysBetweenVisits: 24, fillsBasket: 0.3, buys: 0.04 },
  { name: "bought once", weight: 36, daysBetweenVisits: 45, fillsBasket: 0.2, buys: 0.05 },
  { name: "regular", weight: 28, daysBetweenVisits: 26, fillsBasket: 0.5, buys: 0.7 },
  { name: "loyal", weight: 8, daysBetweenVisits: 10, fillsBasket: 0.5, buys: 0.75 },
  { name: "drifted away", weight: 12, daysBetweenVisits: 24, fillsBasket: 0.5, buys: 0.7 },
];

export interface ShopCustomer {
  /** The shop's own key. */
  readonly id: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string;
  readonly phone: string | null;
  readonly birthday: string | null;
  readonly city: string;
  readonly postcode: string;
  readonly place: ShopPlace;
  readonly account: string | null;
  /** Null: never asked. */
  readonly allows: { readonly email: boolean | null; readonly sms: boolean | null };
  readonly joinedAt: Date;
  readonly habit: Habit;
  /** Those who drifted away came for the last time then. */
  readonly lastSeen: Date;
  readonly favourites: readonly string[];
}

export interface ShopAccount {
  readonly id: string;
  readonly name: string;
  readonly domain: string;
  readonly industry: string;
  readonly employees: number;
}

const dayMs = 86_400_000;
const oldestDays = 520;

/** The nth customer of a shop that has grown for a year and a half. */
export function shopCustomer(nth: number, seed: string, until: Date): ShopCustomer {
  const chance = new Chance(`${seed} customer ${nth}`);
  const place = chance.weighted(places);
  const faker = place.locale.startsWith("de") ? german : british;
  faker.seed(chance.whole(1, 2 ** 31));
  const firstName = faker.person.firstName();
  const lastName = faker.person.lastName();
  const hasPhone = chance.happens(0.82);
  const joinedAt = new Date(
    until.getTime() - dayMs * oldestDays * chance.between(0.001, 1) ** 1.15,
  );
  const habit = chance.weighted(habits);
  return {
    id: `C-${1001 + nth}`,
    firstName,
    lastName,
    email: emailOf(firstName, lastName, nth),
    phone: hasPhone ? place.phone(nth) : null,
    birthday: chance.happens(0.78) ? birthday(chance, until) : null,
    city: chance.pick(place.cities),
    postcode: place.postcode(chance),
    place,
    account: chance.happens(0.04) ? accountId(chance.whole(0, accountCount - 1)) : null,
    allows: consents(chance, hasPhone),
    joinedAt,
    habit,
    lastSeen: habit.name === "drifted away" ? lastVisit(joinedAt, until, chance) : until,
    favourites: [chance.pick(categories), chance.pick(categories)],
  };
}

const accountCount = 40;
const accountId = (nth: number) => `A-${101 + nth}`;

export function shopAccounts(seed: string): ShopAccount[] {
  british.seed(new Chance(`${seed} accounts`).whole(1, 2 ** 31));
  return Array.from({ length: accountCount }, (_, nth) => {
    const name = british.company.name();
    return {
      id: accountId(nth),
      name,
      domain: `${plain(name)}.example`,
      industry: british.helpers.arrayElement([
        "Hospitality",
        "Design",
        "Retail",
        "Law",
        "Education",
      ]),
      employees: british.number.int({ min: 2, max: 400 }),
    };
  });
}

function emailOf(firstName: string, lastName: string, nth: number): string {
  const host = ["post.example", "mail.example", "letters.example"][nth % 3] ?? "post.example";
  return `${plain(firstName)}.${plain(lastName)}${nth}@${host}`;
}

function plain(name: string): string {
  return name
    .toLowerCase()
    .replaceAll("ß", "ss")
    .normalize("NFD")
    .replaceAll(/[^a-z0-9]+/g, "");
}

function birthday(chance: Chance, until: Date): string {
  const age = chance.between(19, 78);
  return new Date(until.getTime() - age * 365.25 * dayMs).toISOString().slice(0, 10);
}

/** Most agree to e-mail, half of those with a phone to texts, and some were never asked. */
function consents(chance: Chance, hasPhone: boolean): ShopCustomer["allows"] {
  if (chance.happens(0.08)) return { email: null, sms: null };
  const email = chance.happens(0.9);
  return { email, sms: hasPhone ? chance.happens(0.55) : null };
}

function lastVisit(joinedAt: Date, until: Date, chance: Chance): Date {
  const span = until.getTime() - joinedAt.getTime();
  return new Date(joinedAt.getTime() + span * chance.between(0.1, 0.6));
}
