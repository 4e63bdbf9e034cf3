import { type Reader, described, map, oneOrMore, optional, required } from "./reader.ts";
import { oneOf } from "./schema.ts";
import { flag, name } from "./scalar.ts";
import { stepKind } from "./step-kind.ts";

const channel: Reader<string> = map(name("a channel such as email"), (by, place) => {
  place.refer({ kind: "channel", name: by });
  return by;
});

const several = map(oneOrMore("a channel or a list of channels", channel), (by, place) =>
  new Set(by).size === by.length ? by : place.wrong("expected each channel once"),
);

type By = readonly string[] | "best";

const channels = described<By>(oneOf({ const: "best" }, several.schema ?? {}), (place) =>
  place.value === "best" ? "best" : several(place),
);

/** `send: thank-you`, `by: [email, sms]` or `best`, `fallback: true`. */
export const sendStep = stepKind(
  {
    send: required(name("the name of a template")),
    by: required<By>(channels),
    fallback: optional(flag, false),
  },
  ({ send: template, by, fallback }, step) => {
    if (fallback && by !== "best" && by.length < 2)
      return step.at("fallback").wrong('expected "by" to name a second channel to fall back to');
    return { kind: "send", template, by, fallback };
  },
  undefined,
  ({ send: template, by = [] }, step) => {
    if (template !== undefined) step.at("send").refer({ kind: "template", name: template, by });
  },
);
