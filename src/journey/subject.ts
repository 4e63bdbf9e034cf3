import type { Condition, MessageWas, VoucherWas } from "./condition.ts";
import { ordersCondition } from "./read-orders-condition.ts";
import {
  type Reader,
  choice,
  described,
  list,
  map,
  mapping,
  nullable,
  optional,
  required,
} from "./reader.ts";
import { anything } from "./schema.ts";
import type { Scope } from "./scope.ts";
import { duration, flag, name, text } from "./scalar.ts";

export type Subjects = Readonly<Record<string, Reader<Condition>>>;

/** What a condition can ask about, by the word that begins it; `itself` reads the conditions inside. */
export function subjectsIn(scope: Scope, itself: Reader<Condition>): Subjects {
  const several = list("a list of conditions", itself);
  return {
    all: map(several, (of) => ({ kind: "all", of })),
    any: map(several, (of) => ({ kind: "any", of })),
    not: map(itself, (of) => ({ kind: "not", of })),
    orders: ordersCondition,
    segment: map(segmentName, (segment) => ({ kind: "segment", name: segment })),
    consent: consented,
    message: messageIn(scope),
    voucher: voucherIn(scope),
    sql: sqlIn(scope),
  };
}

const consent = mapping("a mapping such as { channel: email, topic: offers }", {
  channel: required(known("channel")),
  topic: required(known("topic")),
  granted: optional(flag, true),
});

/** A name that waypost.yaml must know. */
function known(kind: "channel" | "topic"): Reader<string> {
  return map(name(`a ${kind}`), (read, place) => {
    place.refer({ kind, name: read });
    return read;
  });
}

const consented = map(consent, (read): Condition => ({ kind: "consent", ...read }));

const message = mapping("a mapping such as { step: thank-you, was: clicked }", {
  journey: nullable(name("a journey")),
  step: nullable(text("the id of a send step")),
  was: required(
    choice<MessageWas>("what became of a message", [
      "sent",
      "delivered",
      "opened",
      "clicked",
      "bounced",
      "failed",
      "suppressed",
      "unsubscribed",
    ]),
  ),
  within: nullable(duration),
});

function messageIn(scope: Scope): Reader<Condition> {
  return map(message, (read, place) => {
    if (read.journey === null && !scope.journey)
      return place.wrong('expected "journey": a segment belongs to none, got nothing');
    if (read.journey !== null) place.at("journey").refer({ kind: "journey", name: read.journey });
    const { journey, step, was } = read;
    if (step !== null)
      place.at("step").refer({ kind: "step", name: step, journey, of: "send", was });
    return { kind: "message", ...read };
  });
}

const voucher = mapping("a mapping such as { step: welcome-10, was: redeemed }", {
  step: nullable(text("the id of a voucher step")),
  was: required(
    choice<VoucherWas>("what became of a voucher", ["handed_out", "redeemed", "expired"]),
  ),
  within: nullable(duration),
});

function voucherIn(scope: Scope): Reader<Condition> {
  return map(voucher, (read, place) => {
    if (read.step !== null && !scope.steps)
      return place.at("step").wrong("there is no voucher step here yet");
    if (read.step !== null)
      place.at("step").refer({ kind: "step", name: read.step, journey: null, of: "voucher" });
    return { kind: "voucher", ...read };
  });
}

const expression = text("an SQL expression over customer and :now");

function sqlIn(scope: Scope): Reader<Condition> {
  return described(expression.schema ?? anything, (place) => {
    if (scope.journey)
      return place.wrong("sql belongs in a segment; put it there and write { segment: <name> }");
    const sql = expression(place);
    return sql === undefined ? undefined : { kind: "sql", sql };
  });
}

/** A name of a segment, which must exist. */
export const segmentName: Reader<string> = map(name("the name of a segment"), (segment, place) => {
  place.refer({ kind: "segment", name: segment });
  return segment;
});
