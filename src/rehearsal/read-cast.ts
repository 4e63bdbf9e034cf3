import { IngestRows } from "../customer/ingest-rows.ts";
import type { Json } from "../customer/storable.ts";
import { nearMiss } from "../errors.ts";
import { accountFields, customerFields } from "../journey/field.ts";
import type { Place } from "../journey/place.ts";
import { flag, zone } from "../journey/scalar.ts";
import { addDays, afterMidnight, instantAt, localDayAt } from "../enrollment/local-time.ts";
import { momentOf } from "./moment.ts";
import type { Character, Stage } from "./test-file.ts";

type Setting = Omit<Stage, "cast">;

const traitNames = Object.keys(customerFields).filter(
  (field) => !["external_id", "created_at", "updated_at"].includes(field),
);
const ownKeys = ["attributes", "account", "consent", "arm", "holdout", "created_at"];

/** The customers of `customers:`; those that cannot be read are missing, and their mistakes noted. */
export function readCast(place: Place, setting: Setting): readonly Character[] {
  if (place.value === undefined || place.value === null) return [];
  if (!place.isMapping) {
    place.expected("customers by name, such as { ada: { email: ada@example.com } }");
    return [];
  }
  return place.keys.map((name) => character(name, place.at(name), setting));
}

function character(name: string, place: Place, setting: Setting): Character {
  const isKnown = place.isMapping || place.value === null;
  if (!isKnown) place.expected("what is known of the customer, such as { email: ada@example.com }");
  for (const key of place.keys)
    if (![...traitNames, ...ownKeys].includes(key))
      place.at(key).unknown("key", [...traitNames, ...ownKeys]);
  const told = traitNames.filter((key) => place.has(key));
  const traits = Object.fromEntries(told.map((key) => [key, place.at(key).value as Json]));
  for (const key of told) checkTrait(place.at(key), key, setting);
  const attributes = place.at("attributes");
  if (place.has("attributes") && !attributes.isMapping)
    attributes.expected("a mapping such as { plan: gold }");
  return {
    name,
    traits: {
      email: `${name}@example.com`,
      zone: setting.zone,
      ...traits,
      ...(place.has("attributes") && { attributes: attributes.value as Json }),
    },
    account: accountOf(place.at("account")),
    createdAt: place.has("created_at")
      ? (momentOf(setting)(place.at("created_at")) ?? setting.begins)
      : aYearBefore(setting),
    consents: consentsOf(place, setting),
    arms: armsOf(place.at("arm"), setting),
    holdout: isLeftAlone(place.at("holdout"), setting),
  };
}

/** With the eyes of what takes in traits; the zone apart, of which the database may know others. */
function checkTrait(place: Place, key: string, setting: Setting): void {
  if (key === "zone") return void zone(place);
  const rows = new IngestRows({ ...setting, now: setting.begins }, new Set());
  const nobody = { userId: null, anonymousId: null, key: null, url: null, ip: null };
  const said = { ...nobody, index: 0, at: setting.begins, isDated: true } as const;
  const read = rows.read({ ...said, type: "identify", traits: { [key]: place.value as Json } });
  if ("reason" in read) place.wrong(read.reason);
}

function isLeftAlone(place: Place, { journeys }: Setting): boolean {
  if (place.value === undefined || flag(place) !== true) return false;
  if (journeys.some(({ journey }) => (journey.objective?.holdout ?? 0) > 0)) return true;
  place.wrong("expected a journey that leaves somebody alone, found none with objective.holdout");
  return false;
}

function aYearBefore({ begins, zone }: Setting): Date {
  return instantAt(addDays(localDayAt(begins, zone), 0, -12), afterMidnight(begins, zone), zone);
}

function accountOf(place: Place): Character["account"] {
  if (place.value === undefined || place.value === null) return null;
  if (!place.isMapping) return place.expected("a mapping such as { employees: 50 }") ?? null;
  const known = [
    ...Object.keys(accountFields).filter((field) => !field.endsWith("_at")),
    "attributes",
  ];
  for (const key of place.keys) if (!known.includes(key)) place.at(key).unknown("key", known);
  return place.value as Character["account"];
}

/** `all` (the usual), `none`, topics on all channels, or topics by channel. */
function consentsOf(place: Place, { channels, topics }: Setting): Character["consents"] {
  const said = place.at("consent");
  const word = said.value;
  if (!place.has("consent") || word === "all") return [{ channel: "*", topic: "*" }];
  if (word === "none") return [];
  if (said.isList) return topicsOf(said, "*", topics);
  if (!said.isMapping) {
    said.expected("all, none, topics such as [offers], or { email: [offers] }");
    return [];
  }
  return said.keys.flatMap((channel) => {
    if (!channels.includes(channel)) said.at(channel).unknown("channel", channels);
    return topicsOf(said.at(channel), channel, topics);
  });
}

function topicsOf(place: Place, channel: string, topics: readonly string[]): Character["consents"] {
  if (place.value === "all") return [{ channel, topic: "*" }];
  return place.items.flatMap((item) => {
    const topic = topics.find((one) => one === item.value);
    if (topic !== undefined) return [{ channel, topic }];
    const meant = typeof item.value === "string" ? nearMiss(item.value, topics) : undefined;
    item.expected(
      meant === undefined ? `a topic (${topics.join(", ")})` : `a topic (did you mean "${meant}"?)`,
    );
    return [];
  });
}

function armsOf(place: Place, { journeys }: Setting): Character["arms"] {
  if (place.value === undefined || place.value === null) return {};
  const splits = new Map(
    journeys.flatMap(({ journey }) =>
      Object.values(journey.steps).flatMap((step) =>
        step.kind === "split" ? [[step.id, step.arms.map(({ name }) => name)] as const] : [],
      ),
    ),
  );
  if (!place.isMapping)
    return place.expected("an arm for a split, such as { short-long: short }") ?? {};
  return Object.fromEntries(
    place.keys.flatMap((split) => {
      const arms = splits.get(split);
      const said = place.at(split);
      if (arms === undefined) {
        said.unknown("split", [...splits.keys()]);
        return [];
      }
      const arm = arms.find((one) => one === said.value);
      if (arm === undefined) said.expected(`an arm of the split (${arms.join(", ")})`);
      return arm === undefined ? [] : [[split, arm] as const];
    }),
  );
}
