import type { Chance } from "./chance.ts";

/** Where customers of the shop live, and what follows from it. */
export interface ShopPlace {
  readonly weight: number;
  readonly country: string;
  readonly locale: string;
  /** Null where the shop was never told. */
  readonly zone: string | null;
  /** Roughly, for the hours at which people shop. */
  readonly hoursAheadOfUtc: number;
  readonly cities: readonly string[];
  readonly postcode: (chance: Chance) => string;
  /** A valid mobile number of the country, another one for each customer. */
  readonly phone: (nth: number) => string;
}

const digits = (chance: Chance, count: number) =>
  String(chance.whole(0, 10 ** count - 1)).padStart(count, "0");
const padded = (nth: number, count: number) => String(nth % 10 ** count).padStart(count, "0");
const letters = "ABDEFGHJLNPQRSTUWXYZ".split("");
const british = (chance: Chance) =>
  `${chance.pick(["BS", "M", "SW", "LS", "EH", "CF", "N", "OX"])}${chance.whole(1, 19)} ${chance.whole(1, 9)}${chance.pick(letters)}${chance.pick(letters)}`;

const britain = {
  country: "GB",
  locale: "en-GB",
  hoursAheadOfUtc: 0.5,
  cities: ["London", "Bristol", "Leeds", "Manchester", "Cardiff", "Edinburgh", "Oxford", "Norwich"],
  postcode: british,
  phone: (nth: number) => `+447400${padded(nth, 6)}`,
};
const areas = [
  201, 202, 206, 212, 213, 215, 303, 305, 310, 312, 401, 404, 408, 410, 412, 415, 503, 504, 510,
  512, 602, 612, 614, 617, 619, 702, 718, 808, 917, 925,
];
const america = {
  country: "US",
  locale: "en-US",
  postcode: (chance: Chance) => digits(chance, 5),
  /** 555-0100 to 555-0199 belong to nobody. */
  phone: (nth: number) =>
    `+1${areas[Math.floor(nth / 100) % areas.length] ?? 212}55501${padded(nth, 2)}`,
};
export const places: readonly ShopPlace[] = [
  { ...britain, weight: 47, zone: "Europe/London" },
  { ...britain, weight: 4, zone: null },
  {
    weight: 20,
    country: "DE",
    locale: "de-DE",
    zone: "Europe/Berlin",
    hoursAheadOfUtc: 1.5,
    cities: ["Berlin", "Köln", "München", "Leipzig", "Hamburg", "Lübeck", "Görlitz"],
    postcode: (chance) => digits(chance, 5),
    phone: (nth) => `+4915110${padded(nth, 6)}`,
  },
  {
    weight: 6,
    country: "AT",
    locale: "de-AT",
    zone: "Europe/Vienna",
    hoursAheadOfUtc: 1.5,
    cities: ["Wien", "Graz", "Linz", "Sankt Pölten"],
    postcode: (chance) => String(chance.whole(1010, 9990)),
    phone: (nth) => `+436641${padded(nth, 6)}`,
  },
  {
    weight: 8,
    country: "IE",
    locale: "en-IE",
    zone: "Europe/Dublin",
    hoursAheadOfUtc: 0.5,
    cities: ["Dublin", "Cork", "Galway", "Dún Laoghaire"],
    postcode: (chance) => `D${digits(chance, 2)} X${digits(chance, 3)}`,
    phone: (nth) => `+353851${padded(nth, 6)}`,
  },
  {
    ...america,
    weight: 9,
    zone: "America/New_York",
    hoursAheadOfUtc: -4.5,
    cities: ["New York", "Boston", "Philadelphia", "Atlanta"],
  },
  {
    ...america,
    weight: 6,
    zone: "America/Los_Angeles",
    hoursAheadOfUtc: -7.5,
    cities: ["Los Angeles", "Portland", "Seattle", "San Francisco"],
  },
];
