import type { RequestHandler } from "express";
import { faultOfJson, faultOfText, type JsonObject } from "../customer/storable.ts";
import {
  type EntryRequest,
  type Requested,
  enterByRequest,
} from "../enrollment/enter-by-request.ts";
import { enrollingJourneys } from "../enrollment/version.ts";
import { nearMiss } from "../errors.ts";
import type { Site } from "./site.ts";

/**
 * POST /v1/journeys/NAME/enter lets a customer into a journey that starts by request. The header Idempotency-Key, or
 * `key` of the body, names the request: sent again it is answered the same, and nobody enters twice.
 */
export function enterRoute(site: Site): RequestHandler {
  return async (request, response) => {
    const read = readRequest(
      String(request.params["name"]),
      request.body,
      request.get("idempotency-key"),
    );
    if (typeof read === "string") return void response.status(400).json({ error: read });
    const { engine } = site;
    const { zone, holdout } = engine.config;
    const requested = await enterByRequest(engine.database, read, {
      now: engine.clock.now(),
      zone,
      holdout,
    });
    const { status, body } = await answer(site, read, requested);
    response.status(status).json(body);
    if (requested.kind === "entered" && requested.leftAlone === null) await wake(site);
  };
}

/** The request, or what is wrong with it. */
function readRequest(
  journey: string,
  body: unknown,
  header: string | undefined,
): EntryRequest | string {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    return 'expected a JSON object such as { "userId": "c-17", "key": "reset-88", "data": {} }';
  if (!isName(journey)) return "expected the name of a journey in the path";
  const stray = Object.keys(body).find((each) => !known.includes(each));
  if (stray !== undefined) return strayKey(stray);
  const { userId, key = header, data = {} } = body as Readonly<Record<string, unknown>>;
  const customer = typeof userId === "number" ? String(userId) : userId;
  if (!isName(customer)) return '"userId": expected the id your application has for the customer';
  if (!isName(key))
    return 'expected an idempotency key of at most 200 characters, as the header Idempotency-Key or as "key"';
  if (typeof data !== "object" || data === null || Array.isArray(data))
    return '"data": expected a JSON object';
  const fault = faultOfJson(data);
  if (fault !== undefined) return `"data": ${fault}`;
  return { journey, customer: customer.trim(), key: key.trim(), entry: data as JsonObject };
}

const known = ["userId", "key", "data"];

/** What a condition or a template then finds missing was said under another name, as events say it for one. */
function strayKey(key: string): string {
  const meant = ["properties", "entry"].includes(key) ? "data" : nearMiss(key, known);
  const hint = meant === undefined ? `there are ${known.join(", ")}` : `did you mean "${meant}"?`;
  return `"${key.slice(0, 100)}": no such key; ${hint}`;
}

function isName(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.trim() !== "" &&
    value.length <= 200 &&
    faultOfText(value) === undefined
  );
}

async function answer(
  site: Site,
  { journey, customer }: EntryRequest,
  requested: Requested,
): Promise<{ readonly status: number; readonly body: object }> {
  switch (requested.kind) {
    case "entered": {
      const { enrollment, enteredAt, leftAlone } = requested;
      return { status: 200, body: { journey, userId: customer, enrollment, enteredAt, leftAlone } };
    }
    case "unknown journey":
      return { status: 404, body: { error: await noSuchJourney(site, journey) } };
    case "unknown customer": {
      const error = `userId: no customer has the id "${customer}"; make one with POST /v1/identify`;
      return { status: 422, body: { error } };
    }
    case "refused":
      return { status: 409, body: { error: `journey "${journey}": ${requested.reason}` } };
  }
}

async function noSuchJourney({ engine }: Site, journey: string): Promise<string> {
  const names = (await enrollingJourneys(engine.database)).map((one) => one.journey.name);
  const meant = nearMiss(journey, names);
  const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
  return `journey "${journey.slice(0, 100)}": no such journey is applied${hint}`;
}

function wake({ engine, wake: waker }: Site): Promise<void> {
  return waker
    .engine("advance")
    .catch(() => engine.log.warn("the queue could not be reached; the sweeper moves the customer"));
}
