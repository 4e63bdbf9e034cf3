import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { type Route, type Stray, routeOf, routesOf } from "../enrollment/migrate-route.ts";
import { type UnknownSource, unknownSources } from "../enrollment/migrate-source.ts";
import { type Standing, standingIn } from "../enrollment/standing.ts";
import type { Journey, StepId } from "../journey/journey.ts";
import type { Migration } from "../journey/migration.ts";
import { stepsInOrder } from "../journey/step.ts";
import type { Arrival } from "./forecast.ts";

/** Customers at one step of one version, and what the change does with them. */
export interface InFlight {
  readonly version: number;
  /** The one they are before, or the wait they rest at where `migrate:` names that. */
  readonly step: StepId;
  readonly customers: number;
  readonly held: number;
  /** `drains`: they stay on their version, to its end. */
  readonly fate: "drains" | "moves" | "exits" | "stranded";
  /** The step they move to. */
  readonly to: StepId | null;
}

/** A journey's insides as they are, and where the file's `migrate:` sends whom. */
export interface Flight {
  readonly steps: readonly InFlight[];
  readonly routes: readonly Route[];
  readonly strays: readonly Stray[];
  readonly unknown: readonly UnknownSource[];
  readonly standing: readonly Standing[];
}

export async function inFlight(
  database: Database,
  journeyId: number | null,
  to: Journey | null,
  migration: Migration | null,
  newVersionId: number | null,
): Promise<Flight> {
  const standing = journeyId === null ? [] : await standingIn(database, journeyId);
  const { routes, strays } =
    migration === null || to === null
      ? { routes: [], strays: [] }
      : routesOf(migration, standing, to, newVersionId);
  const placeOf = (one: Standing) => routeOf(routes, one)?.restingAt ?? one.step;
  const places = Map.groupBy(standing, (one) => `${one.version} ${one.step} ${placeOf(one)}`);
  const steps = [...places.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [stepOf([first, ...others], routes, strays)],
  );
  const unknown =
    migration === null || journeyId === null
      ? []
      : await unknownSources(database, migration, journeyId, newVersionId);
  return { steps, routes, strays, unknown, standing };
}

function stepOf(
  here: readonly [Standing, ...Standing[]],
  routes: readonly Route[],
  strays: readonly Stray[],
): InFlight {
  const [{ version, step }] = here;
  const route = routeOf(routes, here[0]);
  const sum = (of: readonly Standing[]) => of.reduce((total, one) => total + one.customers, 0);
  const destination = route?.destination;
  const isStray = strays.some((one) => one.version === version && one.step === step);
  const fate =
    isStray && destination === undefined
      ? "stranded"
      : destination === undefined || destination.kind === "stay"
        ? "drains"
        : destination.kind === "exit"
          ? "exits"
          : "moves";
  const to = destination?.kind === "step" ? destination.to : null;
  const held = sum(here.filter(({ state }) => state === "held"));
  return { version, step: route?.restingAt ?? step, customers: sum(here), held, fate, to };
}

interface Due extends Pick<Standing, "versionId" | "step" | "restingAt"> {
  readonly due: Date;
  readonly customers: string;
}

/** Those inside as the forecast takes them: by version, when they come to which step. The held stay out. */
export async function arrivalsInside(
  database: Database,
  journeyId: number,
  { routes }: Pick<Flight, "routes">,
  now: Date,
): Promise<{
  readonly moved: readonly Arrival[];
  readonly staying: ReadonlyMap<number, readonly Arrival[]>;
}> {
  const { rows } = await sql<Due>`
    select version_id as "versionId", step, resting_at as "restingAt", date_trunc('hour', due_at) as due, count(*) as customers
    from enrollments where journey_id = ${journeyId} and due_at is not null
    group by 1, 2, 3, 4`.execute(database);
  const moved: Arrival[] = [];
  const staying = new Map<number, Arrival[]>();
  for (const { versionId, step, restingAt, due, customers } of rows) {
    const route = routeOf(routes, { versionId, step, restingAt });
    const arrival = { step, at: due > now ? due : now, customers: Number(customers) };
    if (route?.destination.kind === "exit") continue;
    if (route?.destination.kind !== "step") {
      staying.set(versionId, [...(staying.get(versionId) ?? []), arrival]);
      continue;
    }
    const at = route.destination.due === "now" ? now : arrival.at;
    moved.push({ ...arrival, step: route.destination.to, at });
  }
  return { moved, staying };
}

/** A message that customers who move may get a second time: the step that sent it has another id now. */
export interface SentAgain {
  readonly template: string;
  readonly step: StepId;
  readonly customers: number;
}

/**
 * A message is sent once for each step of an enrollment (constraint messages_once), and a step is known by its id. Who had a
 * template by a step with another id, and moves to where the new one lies ahead, would get it again.
 */
export async function sentAgain(
  database: Database,
  journeyId: number,
  routes: readonly Route[],
  to: Journey,
): Promise<readonly SentAgain[]> {
  const ahead = routes.flatMap(({ versionId, step, destination }) =>
    destination.kind !== "step"
      ? []
      : stepsInOrder({ ...to, first: destination.to }).flatMap((next) =>
          next.kind === "send"
            ? [{ versionId, at: step, step: next.id, template: next.template }]
            : [],
        ),
  );
  if (ahead.length === 0) return [];
  const { rows } = await sql<{ template: string; step: string; customers: string }>`
    select ahead.template, ahead.step, count(distinct e.id) as customers
    from unnest(${ahead.map((one) => one.versionId)}::int[], ${ahead.map((one) => one.at)}::text[],
                ${ahead.map((one) => one.step)}::text[], ${ahead.map((one) => one.template)}::text[]) as ahead (version_id, at, step, template)
    join enrollments e on e.journey_id = ${journeyId} and e.version_id = ahead.version_id and e.step = ahead.at
      and e.state in ('entered', 'waiting', 'held')
    where exists (select from messages m where m.enrollment_id = e.id and m.template = ahead.template and m.step <> ahead.step
                  and m.state not in ('suppressed', 'expired', 'failed'))
      and not exists (select from messages m where m.enrollment_id = e.id and m.step = ahead.step)
    group by 1, 2 order by 1, 2`.execute(database);
  return rows.map((row) => ({ ...row, customers: Number(row.customers) }));
}
