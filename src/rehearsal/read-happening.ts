import type { Json } from "../customer/storable.ts";
import type { Place } from "../journey/place.ts";
import { type Reader, choice } from "../journey/reader.ts";
import { momentOf } from "./moment.ts";
import { type Happening, type MessageAct, type Stage, messageActs } from "./test-file.ts";

/** `{ at: +1 day, ada: clicks, message: thank-you }`: one customer, what happens, and what there is to say of it. */
export function happeningIn(stage: Stage): Reader<Happening> {
  return (place) => {
    const customer = whose(place, stage);
    if (customer === undefined) return undefined;
    const at = place.has("at") ? momentOf(stage)(place.at("at")) : stage.begins;
    const what = place.at(customer).value;
    if (typeof what !== "string" || what.trim() === "")
      return place
        .at(customer)
        .expected(
          "what happens: an event such as order_completed, or clicks, bounces, unsubscribes, task done",
        );
    if (at === undefined) return undefined;
    const act = actOf(what.trim(), place, customer, stage);
    return act && { at, line: place.line, customer, ...act };
  };
}

/** The one customer that a line is about. */
export function whose(place: Place, { cast }: Pick<Stage, "cast">): string | undefined {
  const names = cast.map(({ name }) => name);
  if (!place.isMapping)
    return place.expected(`a line about a customer, such as { ${names[0] ?? "ada"}: … }`);
  const found = place.keys.find((key) => names.includes(key));
  if (found !== undefined) return found;
  const strange = place.keys.find((key) => key !== "at");
  if (strange === undefined || names.length === 0)
    return place.wrong(
      `expected a customer of the test, ${names.length === 0 ? 'but there are none; name them under "customers"' : `(${names.join(", ")})`}`,
    );
  return place.at(strange).unknown("customer", names);
}

type Act = Happening extends infer H
  ? H extends Happening
    ? Omit<H, "at" | "line" | "customer">
    : never
  : never;

function actOf(what: string, place: Place, customer: string, stage: Stage): Act | undefined {
  const only = (...keys: readonly string[]) => allow(place, ["at", customer, ...keys]);
  const act = messageActs.find((one) => one === what);
  if (act !== undefined) return messageAct(act, place, stage, only);
  if (what === "becomes") return { kind: "traits", traits: restOf(place, customer) };
  if (what === "agrees" || what === "withdraws") return consentAct(what, place, stage, only);
  if (what === "task done") return taskAct(place, place.at(customer), stage, only);
  return { kind: "event", ...eventOf(what, place, customer, stage) };
}

function messageAct(
  act: MessageAct,
  place: Place,
  { journeys }: Stage,
  only: (...keys: readonly string[]) => void,
): Act {
  only("message", ...(act === "clicks" ? ["link"] : []));
  const textAt = (key: string) => {
    const { value } = place.at(key);
    if (value === undefined || typeof value === "string") return value ?? null;
    return place.at(key).expected("a text") ?? null;
  };
  const message = textAt("message");
  const sent = journeys.flatMap(({ journey }) =>
    Object.values(journey.steps).flatMap((step) =>
      step.kind === "send" ? [step.template, step.id] : [],
    ),
  );
  if (message !== null && !sent.includes(message))
    choice("a template or a step that sends", [...new Set(sent)])(place.at("message"));
  return { kind: "message", act, message, link: textAt("link") };
}

function consentAct(
  what: "agrees" | "withdraws",
  place: Place,
  { channels, topics }: Stage,
  only: (...keys: readonly string[]) => void,
): Act {
  only("to", "from", "on");
  const key = place.has("from") ? "from" : "to";
  const named = (under: string, known: readonly string[], kind: string): string => {
    const { value } = place.at(under);
    if (value === undefined) return "*";
    if (typeof value === "string" && known.includes(value)) return value;
    place.at(under).expected(`a ${kind} (${known.join(", ")})`);
    return "*";
  };
  const state = what === "agrees" ? "granted" : "withdrawn";
  return {
    kind: "consent",
    state,
    channel: named("on", channels, "channel"),
    topic: named(key, topics, "topic"),
  };
}

/** `{ ada: task done, as: reached }`, and `task: ring` where a journey has several. */
function taskAct(
  place: Place,
  said: Place,
  { journeys }: Stage,
  only: (...keys: readonly string[]) => void,
): Act | undefined {
  only("as", "task");
  const tasks = journeys.flatMap(({ journey }) =>
    Object.values(journey.steps).flatMap((step) => (step.kind === "task" ? [step] : [])),
  );
  if (tasks.length === 0)
    return said.wrong("expected a journey with a task, found none among those of the file");
  const task = place.has("task")
    ? choice(
        "a task of the journey",
        tasks.map(({ id }) => id),
      )(place.at("task"))
    : null;
  const meant = tasks.filter(({ id }) => task === null || id === task);
  const outcomes = meant.flatMap((step) => step.outcomes.map(({ name }) => name));
  const outcome =
    task === undefined
      ? undefined
      : choice("an outcome of the task", [...new Set(outcomes)])(place.at("as"));
  return outcome === undefined || task === undefined ? undefined : { kind: "task", outcome, task };
}

/** `orders` is order_completed with what every order has filled in; the other keys of the line are properties. */
function eventOf(what: string, place: Place, customer: string, { currency }: Stage) {
  const properties = restOf(place, customer);
  const event = what === "orders" ? "order_completed" : what;
  if (event !== "order_completed") return { event, properties };
  const total = properties["total"] ?? 30;
  const order = {
    order_id: `T-${place.line}`,
    total,
    currency,
    items: [{ name: "An article", quantity: 1, price: total, url: "https://shop.example/article" }],
  };
  return { event, properties: { ...order, ...properties } };
}

/** Everything on the line that is not the customer or the time; `with:` for names that these have taken. */
function restOf(place: Place, customer: string): Readonly<Record<string, Json>> {
  const further = place.at("with");
  if (place.has("with") && !further.isMapping) further.expected("a mapping of further properties");
  const own = place.keys.filter((key) => !["at", "with", customer].includes(key));
  return {
    ...Object.fromEntries(own.map((key) => [key, place.at(key).value as Json])),
    ...(further.isMapping ? (further.value as Record<string, Json>) : {}),
  };
}

/** Notes the keys that mean nothing on this line. */
export function allow(place: Place, known: readonly string[]): void {
  for (const key of place.keys) if (!known.includes(key)) place.at(key).unknown("key", known);
}
