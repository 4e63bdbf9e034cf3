import { nearMiss } from "../errors.ts";
import type { Journey } from "../journey/journey.ts";
import type { Place } from "../journey/place.ts";
import type { Reader } from "../journey/reader.ts";
import { allow, whose } from "./read-happening.ts";
import { momentOf } from "./moment.ts";
import { type Expected, type PassageState, type Stage, passageStates } from "./test-file.ts";

/** `{ at: +3 days 10:00, ada: goes-well-with, by: email }` or `{ ada: exits, as: converted }`. */
export function expectedIn(stage: Stage): Reader<Expected> {
  return (place) => {
    const customer = whose(place, stage);
    if (customer === undefined) return undefined;
    const at = place.has("at") ? momentOf(stage)(place.at("at")) : null;
    const line = { line: place.line, customer, at: at ?? null };
    const what = place.at(customer).value;
    const state = passageStates.find((one) => one === what);
    const read =
      state === undefined
        ? messageIn(place, customer, stage)
        : passageIn(place, customer, state, stage);
    return read && at !== undefined ? { ...line, ...read } : undefined;
  };
}

type Part = Expected extends infer E
  ? E extends Expected
    ? Omit<E, "line" | "customer" | "at">
    : never
  : never;

function messageIn(
  place: Place,
  customer: string,
  { journeys, channels }: Stage,
): Part | undefined {
  allow(place, ["at", customer, "by", "subject", "says", "refused"]);
  const templates = templatesOf(journeys.map(({ journey }) => journey));
  const said = place.at(customer);
  const template = templates.find((one) => one === said.value);
  if (template === undefined) return said.expected(unknownWhat(said.value, templates));
  const by = place.has("by") ? channels.find((one) => one === place.at("by").value) : null;
  if (by === undefined) return place.at("by").expected(`a channel (${channels.join(", ")})`);
  const [subject, refused, ...says] = [
    textAt(place, "subject"),
    textAt(place, "refused"),
    ...(place.at("says").isList
      ? place
          .at("says")
          .items.map((item) =>
            typeof item.value === "string" ? item.value : item.expected("a text"),
          )
      : [textAt(place, "says")]),
  ];
  const read = says.flatMap((one) => one ?? []);
  return {
    kind: "message",
    template,
    by,
    subject: subject ?? null,
    says: read,
    refused: refused ?? null,
  };
}

function passageIn(
  place: Place,
  customer: string,
  state: PassageState,
  { journeys }: Stage,
): Part | undefined {
  const step = state === "waits" ? ["step"] : [];
  const as = state === "exits" || state === "is held" ? ["as"] : [];
  allow(place, ["at", customer, "journey", ...step, ...as]);
  const names = journeys.map(({ journey }) => journey.name);
  const journey = place.has("journey")
    ? names.find((name) => name === place.at("journey").value)
    : names.length === 1
      ? names[0]
      : undefined;
  if (journey === undefined)
    return place.at("journey").expected(`one of the journeys (${names.join(", ")})`);
  const steps = Object.keys(
    journeys.find((one) => one.journey.name === journey)?.journey.steps ?? {},
  );
  const named = textAt(place, "step") ?? null;
  if (named !== null && !steps.includes(named))
    return place.at("step").expected(nearest("a step of the journey", named, steps));
  return { kind: "passage", state, journey, as: textAt(place, "as") ?? null, step: named };
}

function textAt(place: Place, key: string): string | null | undefined {
  if (!place.has(key)) return null;
  const { value } = place.at(key);
  return typeof value === "string" || typeof value === "number"
    ? String(value)
    : place.at(key).expected("a text");
}

function templatesOf(journeys: readonly Journey[]): readonly string[] {
  const names = journeys.flatMap(({ steps }) =>
    Object.values(steps).flatMap((step) => (step.kind === "send" ? step.template : [])),
  );
  return [...new Set(names)];
}

function unknownWhat(value: unknown, templates: readonly string[]): string {
  const all = [...templates, ...passageStates];
  return typeof value === "string"
    ? nearest("a template the journey sends, or what becomes of a passage", value, all)
    : `a template the journey sends (${templates.join(", ")}) or one of ${passageStates.join(", ")}`;
}

function nearest(what: string, word: string, known: readonly string[]): string {
  const meant = nearMiss(word, known);
  return meant === undefined
    ? `${what} (${known.join(", ")})`
    : `${what} (did you mean "${meant}"?)`;
}
