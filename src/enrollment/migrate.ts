import { type Transaction, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { WaypostError } from "../errors.ts";
import type { Journey } from "../journey/journey.ts";
import type { Migration } from "../journey/migration.ts";
import { reachedByNow } from "./convert-by-condition.ts";
import { type Source, explainUnknown, placeIn, unknownSources } from "./migrate-source.ts";
import { type Route, type Stray, routesOf } from "./migrate-route.ts";
import { standingIn } from "./standing.ts";
import { withdrawLeft } from "./withdrawn-work.ts";

/** How many a migration moved to the new version, and ended the passage of. */
export interface Moved {
  readonly moved: number;
  readonly exited: number;
}

/** Where to: the version that is in force from now on, and the change that put it there. */
export interface MigratingTo {
  readonly journeyId: number;
  readonly versionId: number;
  readonly changeId: string;
  readonly journey: Journey;
  /** The workflow file, for what is wrong with it. */
  readonly source: Source;
}

/**
 * Moves the customers of earlier versions as the file says, all in one statement, and notes for each where they stood. Refuses
 * (WAYPOST_MIGRATION) when somebody stands where the file names no destination. Doing it again moves nobody.
 *
 * Who waits for a time keeps it, who waits for an event goes on waiting where the new step waits for one too, and all
 * others go on at once. Of those who exit all is taken back that nobody has begun; of the others messages stay planned, the task
 * or call of a step that they leave is withdrawn. `moved_at` stays, so that it tells who has moved since.
 */
export async function migrateCustomers(
  transaction: Transaction<Tables>,
  migration: Migration,
  to: MigratingTo,
  now: Date,
): Promise<Moved> {
  // Workers wait at the table for this one statement, instead of in a circle with it.
  await sql`lock table enrollments in share row exclusive mode`.execute(transaction);
  const unknown = await unknownSources(transaction, migration, to.journeyId, to.versionId);
  if (unknown.length > 0)
    throw new WaypostError("WAYPOST_MIGRATION", explainUnknown(to.source, unknown));
  const standing = await standingIn(transaction, to.journeyId);
  const { routes, strays } = routesOf(migration, standing, to.journey, to.versionId);
  if (strays.length > 0)
    throw new WaypostError("WAYPOST_MIGRATION", explainStrays(to.source, strays));
  const moving = routes.filter(({ destination }) => destination.kind !== "stay");
  if (moving.length === 0) return { moved: 0, exited: 0 };
  const { rows } = await sql<{ moved: string; exited: string }>`
    with route as (${asTable(moving)}),
    moving as materialized (
      select e.*, route.to_step, route.to_awaiting, route.exits,
             not route.exits and (route.due_now or (e.awaiting is not null and not route.keeps_waiting)) as goes_on
      from enrollments e join route on route.version_id = e.version_id and route.step = e.step
        and coalesce(route.resting_at = e.resting_at, route.resting_at is null)
        and (route.resting_at is not null or not exists (select from route named where named.version_id = e.version_id
             and named.step = e.step and named.resting_at = e.resting_at))
      where e.journey_id = ${to.journeyId} and e.state in ('entered', 'waiting', 'held')
    ),
    moved as (
      update enrollments e set
        version_id = case when m.exits then e.version_id else ${to.versionId} end,
        step = coalesce(m.to_step, e.step),
        state = case when m.exits then 'exited' else e.state end,
        reason = case when m.exits then 'migrated' else e.reason end,
        finished_at = case when m.exits then ${now}::timestamptz end,
        due_at = case when m.exits or e.state = 'held' then null when m.goes_on then ${now} else e.due_at end,
        awaiting = case when m.exits or m.goes_on or e.awaiting is null then null else coalesce(m.to_awaiting, e.awaiting) end
      from moving m where m.id = e.id
      returning e.id, e.state, e.step, e.due_at, e.awaiting
    ),
    noted as (
      insert into moved_enrollments (change_id, enrollment_id, from_version_id, from_state, from_step, from_due_at, from_awaiting,
        from_reason, from_moved_at, from_reached_before, to_state, to_step, to_due_at, to_awaiting)
      select ${to.changeId}::bigint, m.id, m.version_id, m.state, m.step, m.due_at, m.awaiting, m.reason, m.moved_at, m.reached_before,
             moved.state, moved.step, moved.due_at, moved.awaiting
      from moving m join moved on moved.id = m.id
    )
    select count(*) filter (where state <> 'exited') as moved, count(*) filter (where state = 'exited') as exited from moved`.execute(
    transaction,
  );
  await judgeMoved(transaction, to, now);
  await withdrawLeft(transaction, to.changeId, to.versionId);
  return { moved: Number(rows[0]?.moved ?? 0), exited: Number(rows[0]?.exited ?? 0) };
}

function asTable(routes: readonly Route[]) {
  const steps = routes.map(({ destination }) =>
    destination.kind === "step" ? destination.to : null,
  );
  const isDueNow = routes.map(
    ({ destination }) => destination.kind === "step" && destination.due === "now",
  );
  return sql`select * from unnest(
      ${routes.map((route) => route.versionId)}::int[], ${routes.map((route) => route.step)}::text[], ${steps}::text[],
      ${routes.map((route) => route.awaiting)}::text[], ${steps.map((step) => step === null)}::boolean[],
      ${isDueNow}::boolean[], ${routes.map((route) => route.keepsWaiting)}::boolean[],
      ${routes.map((route) => route.restingAt)}::text[])
    as route (version_id, step, to_step, to_awaiting, exits, due_now, keeps_waiting, resting_at)`;
}

/**
 * Whoever comes to a condition as the goal that was not theirs before begins with it as one who enters: what holds by now was
 * not reached here.
 */
async function judgeMoved(
  transaction: Transaction<Tables>,
  { changeId, versionId, journey }: MigratingTo,
  now: Date,
): Promise<void> {
  const holds = reachedByNow(journey, now);
  if (holds === undefined) return;
  await sql`
    update enrollments enrollment set reached_before = ${holds}
    from moved_enrollments was, customers customer, journey_versions before, journey_versions after
    where was.change_id = ${changeId} and was.enrollment_id = enrollment.id and customer.id = enrollment.customer_id
      and enrollment.version_id = ${versionId} and before.id = was.from_version_id and after.id = enrollment.version_id
      and before.definition #> '{objective,goal}' is distinct from after.definition #> '{objective,goal}'`.execute(
    transaction,
  );
}

/** Every step that somebody stands at and that the file sends nowhere. */
export function explainStrays(source: Source, strays: readonly Stray[]): string {
  const lines = strays.map(
    ({ version, step, customers }) =>
      `${placeIn(source, "migrate")}: expected a destination for "${step}" of version ${version}, where ${customers} ${customers === 1 ? "customer stands" : "customers stand"}. ` +
      `Say "${step}: <a step of this file>", "${step}: exit" or "${step}: stay" below migrate.steps`,
  );
  return lines.join("\n");
}
