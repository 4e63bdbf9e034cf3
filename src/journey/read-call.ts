import { environmentSchema, variable } from "../environment.ts";
import { calculationKeyOf } from "./read-calculation.ts";
import type { Operand, Step } from "./journey.ts";
import { operandIn } from "./operand.ts";
import type { Place } from "./place.ts";
import { type Reader, choice, described, map, optional, record, required } from "./reader.ts";
import { pattern } from "./schema.ts";
import type { Scope } from "./scope.ts";
import { duration, text } from "./scalar.ts";

const address: Reader<string> = described(pattern("^https?://"), (place) => {
  if (/\$\{|\{\{/.test(String(place.value)))
    return place.wrong(
      "expected the whole address as it is; ${NAME} stands for a variable of the environment in headers alone, and what the journey knows goes into the body, or with GET into the query",
    );
  const url = typeof place.value === "string" ? URL.parse(place.value) : null;
  if (url === null || !/^https?:$/.test(url.protocol))
    return place.expected("an address such as https://example.com/hook");
  if (url.username !== "" || url.password !== "")
    return place.wrong("expected an address without a password; calls are signed instead");
  return url.hash === "" ? url.href : place.wrong("expected an address without a #fragment");
});

/** What belongs to the connection or to us. */
const ours: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "content-type",
  "transfer-encoding",
  "connection",
  "webhook-id",
  "webhook-timestamp",
  "webhook-signature",
  "idempotency-key",
]);

const headers = record("a mapping of header names to texts", (name) =>
  map(text("a text"), (value, place) => {
    if (!/^[A-Za-z0-9-]{1,100}$/.test(name))
      return place.wrong(`expected the name of a header, got "${name}"`);
    if (ours.has(name.toLowerCase())) return place.wrong(`"${name}" is set by Waypost`);
    const own = ownVariableIn(value);
    if (own !== undefined)
      return place.wrong(`\${${own}} is Waypost's own and is refused; set another for the service`);
    return /^[\x20-\x7e\t]*$/.test(value) ? value : place.expected("a line of plain ASCII text");
  }),
);

/** The variable of Waypost's own that a text would give away. */
function ownVariableIn(text: string): string | undefined {
  return [...text.matchAll(variable)]
    .map(([, name = ""]) => name)
    .find((name) => Object.hasOwn(environmentSchema.shape, name));
}

function bodyIn(scope: Scope): Reader<Readonly<Record<string, Operand>>> {
  const operand = operandIn(scope);
  return record("a mapping such as { email: customer.email }", () =>
    described(operand.schema ?? {}, (place) => {
      const key = calculationKeyOf(place);
      return key === undefined ? operand(place) : place.wrong(`"${key}" belongs in "set"`);
    }),
  );
}

type Method = Extract<Step, { kind: "call" }>["method"];
const oneHour = { months: 0, days: 0, seconds: 3600 };

/** `call: https://example.com/hook` and what may stand beside it. */
export const callKeys = (scope: Scope) => ({
  call: required(address),
  method: optional<Method>(choice("a method", ["POST", "PUT", "GET"]), "POST"),
  headers: optional(headers, {}),
  body: optional(bodyIn(scope), {}),
  query: optional(bodyIn(scope), {}),
  within: optional(duration, oneHour),
});

/** What the service is told: a GET in its address, the others in their body. */
export function toldBy<Told>(
  { method, body, query }: { readonly method: Method; readonly body: Told; readonly query: Told },
  step: Place,
): Told {
  if (method === "GET" && step.has("body"))
    step.at("body").wrong('a GET has no body; write "query" or use POST');
  if (method !== "GET" && step.has("query"))
    step.at("query").wrong(`a ${method} says it in its body; write "body" or use GET`);
  return method === "GET" ? query : body;
}
