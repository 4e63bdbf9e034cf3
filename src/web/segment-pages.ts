import { listSegments, membersOf, noSuchSegment } from "../audience/segment.ts";
import { describeCondition } from "../journey/describe-condition.ts";
import type { Page } from "./page.ts";
import { customersByIds } from "./search-customers.ts";
import type { Site } from "./site.ts";

const onePage = 50;

export async function segmentsPage({ engine }: Site): Promise<Page> {
  const segments = await listSegments(engine.database);
  const largest = Math.max(1, ...segments.map(({ size }) => size));
  return { view: "segments", title: "Segments", model: { segments, largest } };
}

/** A segment's condition in words, and its members by id. */
export async function segmentPage(
  { engine }: Site,
  name: string,
  query: Readonly<Record<string, unknown>>,
): Promise<Page> {
  const { database } = engine;
  const segments = await listSegments(database);
  const segment = segments.find((one) => one.name === name);
  if (segment === undefined)
    throw noSuchSegment(
      name.slice(0, 100),
      segments.map((one) => one.name),
    );
  const given = query["after"];
  const after = typeof given === "string" && /^\d{1,18}$/.test(given) ? given : "0";
  const members = await membersOf(database, name, { limit: onePage + 1, after });
  const shown = members.slice(0, onePage);
  const last = members.length > onePage ? shown.at(-1) : undefined;
  const entered = new Map(shown.map(({ customerId, enteredAt }) => [customerId, enteredAt]));
  const customers = await customersByIds(database, [...entered.keys()]);
  const model = {
    ...segment,
    condition: describeCondition(segment.condition),
    members: customers.map((one) => ({ ...one, enteredAt: entered.get(one.id) ?? null })),
    isFirst: after === "0",
    next: last === undefined ? null : `?after=${last.customerId}`,
  };
  return { view: "segment", title: name, model };
}
