import type { Condition } from "./condition.ts";
import type { Objective } from "./journey.ts";
import type { Place } from "./place.ts";
import { conditionIn } from "./read-condition.ts";
import { eventName } from "./read-event-condition.ts";
import { eventWhere } from "./read-test.ts";
import { type Reader, described, map, mapping, nullable, optional, required } from "./reader.ts";
import { anything, conditionSchema, oneOf } from "./schema.ts";
import type { Scope } from "./scope.ts";
import { duration, share, text } from "./scalar.ts";

/** What a journey is for: `{ goal: order_completed, within: 60 days }`, or a condition as the goal. */
export function objectiveIn({ entry }: Pick<Scope, "entry">): Reader<Objective> {
  return map(
    mapping("an objective such as { goal: order_completed }", {
      goal: required(goalIn(entry)),
      where: optional(eventWhere, {}),
      value: nullable(text("the property that says what it earned")),
      target: nullable(share),
      within: nullable(duration),
      holdout: optional(share, 0),
    }),
    (read, place) => (typeof read.goal === "string" || isFit(place) ? read : undefined),
  );
}

function goalIn(entry: boolean): Reader<string | Condition> {
  const condition = conditionIn({ entry, journey: true, steps: true });
  const schema = oneOf(eventName.schema ?? anything, conditionSchema);
  return described<string | Condition>(schema, (place) =>
    place.isMapping ? condition(place) : eventName(place),
  );
}

/** Whether nothing stands beside a condition that only an event has. */
function isFit(place: Place): boolean {
  for (const key of ["where", "value"])
    if (place.has(key))
      place
        .at(key)
        .wrong(`"${key}" is about the properties of an event, and this goal is a condition`);
  if (!place.has("within"))
    place
      .at("within")
      .wrong(
        'expected how long it counts, such as "60 days", since a condition is asked again and again; got nothing',
      );
  return place.has("within") && !place.has("where") && !place.has("value");
}
