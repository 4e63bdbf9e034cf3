import type { Json } from "../customer/storable.ts";
import type { NewVoucher } from "../enrollment/voucher-pool.ts";
import type { Step } from "../journey/journey.ts";
import type { Place } from "../journey/place.ts";
import type { JourneyFile } from "../journey/read-project.ts";
import { momentOf } from "./moment.ts";
import type { Answer, Props, Stage } from "./test-file.ts";

type Setting = Omit<Stage, "cast">;

const mostCodes = 10_000;

/** `vouchers:` and `answers:` of a file or of a test. */
export function readProps(place: Place, setting: Setting): Props {
  const steps = setting.journeys.flatMap(({ journey }) => Object.values<Step>(journey.steps));
  const pools = steps.flatMap((step) => (step.kind === "voucher" ? [step.pool] : []));
  return {
    vouchers: byName(place.at("vouchers"), {
      kind: "pool",
      example: "{ welcome-10: 3 }",
      none: "no step of the journey hands out vouchers",
      known: pools,
      read: (pool, codes) => codesIn(pool, codes, setting),
    }),
    answers: readAnswers(place.at("answers"), setting.journeys),
  };
}

/** What services answer to calls of the journeys, by step. */
export function readAnswers(
  place: Place,
  journeys: readonly Pick<JourneyFile, "journey">[],
): Props["answers"] {
  const steps = journeys.flatMap(({ journey }) => Object.values<Step>(journey.steps));
  return byName(place, {
    kind: "call",
    example: "{ score: { value: 0.8 } }",
    none: "no step of the journey calls a service",
    known: steps.flatMap((step) => (step.kind === "call" ? [step.id] : [])),
    read: (_, answer) => answerIn(answer),
  });
}

interface Named<T> {
  readonly kind: string;
  readonly example: string;
  readonly none: string;
  readonly known: readonly string[];
  read(name: string, place: Place): T | undefined;
}

function byName<T>(place: Place, named: Named<T>): Readonly<Record<string, T>> {
  if (place.value === undefined || place.value === null) return {};
  const { kind, example, none, known, read } = named;
  if (!place.isMapping) return place.expected(`each ${kind} by its name, such as ${example}`) ?? {};
  return Object.fromEntries(
    place.keys.flatMap((name) => {
      const value = known.includes(name)
        ? read(name, place.at(name))
        : known.length === 0
          ? place.at(name).wrong(`unknown ${kind} "${name}"; ${none}`)
          : place.at(name).unknown(kind, [...new Set(known)]);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** How many there are, called <pool>-1 and so on; or the codes themselves. */
function codesIn(pool: string, place: Place, setting: Setting): readonly NewVoucher[] | undefined {
  const { value } = place;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= mostCodes)
    return Array.from({ length: value }, (_, nth) => ({
      code: `${pool}-${nth + 1}`,
      expiresAt: null,
    }));
  if (!place.isList)
    return place.expected(`how many codes there are, or a list of them such as [${pool}-1]`);
  const codes = place.items.flatMap((item) => codeIn(item, setting) ?? []);
  for (const [nth, { code }] of codes.entries())
    if (codes.findIndex((other) => other.code === code) < nth)
      place.items[nth]?.wrong(`expected each code once, got "${code}" again`);
  return codes;
}

/** `WELCOME-1`, or `{ code: WELCOME-1, expires: +10 days }`. */
function codeIn(item: Place, setting: Setting): NewVoucher | undefined {
  for (const key of item.keys)
    if (!["code", "expires"].includes(key)) item.at(key).unknown("key", ["code", "expires"]);
  const place = item.isMapping ? item.at("code") : item;
  const { value } = place;
  if (typeof value !== "string" || !/^\S{1,200}$/.test(value))
    return place.expected("a code: a text without spaces");
  if (!item.has("expires")) return { code: value, expiresAt: null };
  const expiresAt = momentOf(setting)(item.at("expires"));
  return expiresAt && { code: value, expiresAt };
}

/**
 * A mapping is the answer; `fails` and `no answer` go the way of `else`, at once and when the time is up. `fails` may have an
 * answer of its own: `{ fails: { error: unknown } }`.
 */
function answerIn(place: Place): Answer | undefined {
  if (place.value === "fails") return { kind: "fails", answer: null };
  if (place.value === "no answer") return { kind: "silent" };
  if (!place.isMapping)
    return place.expected("what is answered, such as { value: 0.8 }, or fails, or no answer");
  const failure = place.at("fails");
  if (place.keys.length === 1 && failure.isMapping)
    return { kind: "fails", answer: failure.value as Record<string, Json> };
  return { kind: "answered", answer: place.value as Record<string, Json> };
}
