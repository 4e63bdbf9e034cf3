import type { Journey, Step, StepId } from "../journey/journey.ts";
import {
  type Destination,
  type Migration,
  destinationOf,
  movesFrom,
} from "../journey/migration.ts";
import type { Standing } from "./standing.ts";

/** The way of all customers who stand at one step of an old version. */
export interface Route {
  readonly versionId: number;
  readonly version: number;
  readonly step: StepId;
  /** The wait that the file names: those who rest there go this way, all others at the step another. */
  readonly restingAt: StepId | null;
  readonly customers: number;
  readonly destination: Destination;
  /** Whoever waits there for an event, an answer or an agent goes on waiting for the one of the new step. */
  readonly keepsWaiting: boolean;
  /** The event that is waited for from then on; null keeps what is. */
  readonly awaiting: string | null;
}

/** Customers of whom nobody said where they go. */
export type Stray = Pick<Standing, "version" | "step" | "customers">;

/** Where everybody goes whom the migration moves, step by step, and for whom it says nothing. */
export function routesOf(
  migration: Migration,
  standing: readonly Standing[],
  to: Journey,
  newVersionId: number | null,
): { readonly routes: readonly Route[]; readonly strays: readonly Stray[] } {
  const moving = standing.filter(
    ({ version, versionId }) => versionId !== newVersionId && movesFrom(migration, version),
  );
  const waitOf = ({ restingAt }: Standing) => namedWait(migration, restingAt);
  const places = Map.groupBy(
    moving,
    (one) => `${one.versionId} ${one.step} ${waitOf(one) ?? ""}`,
  ).values();
  const routes: Route[] = [];
  const strays: Stray[] = [];
  for (const [first, ...others] of places) {
    if (first === undefined) continue;
    const { version, versionId, step, journey } = first;
    const customers = others.reduce((sum, one) => sum + one.customers, first.customers);
    const old = journey.steps[step];
    const restingAt = waitOf(first);
    const destination =
      restingAt === null ? destinationOf(migration, old, step, to) : migration.steps[restingAt];
    if (destination === undefined) strays.push({ version, step, customers });
    else
      routes.push({
        versionId,
        version,
        step,
        restingAt,
        customers,
        destination,
        ...wait(old, destination, to),
      });
  }
  return { routes, strays };
}

function namedWait({ steps }: Migration, wait: StepId | null): StepId | null {
  return wait !== null && Object.hasOwn(steps, wait) ? wait : null;
}

/** The way of those who stand so, by the wait they rest at where the file names that. */
export function routeOf(
  routes: readonly Route[],
  { versionId, step, restingAt }: Pick<Standing, "versionId" | "step" | "restingAt">,
): Route | undefined {
  const here = routes.filter((one) => one.versionId === versionId && one.step === step);
  const named = here.find((one) => one.restingAt !== null && one.restingAt === restingAt);
  return named ?? here.find((one) => one.restingAt === null);
}

/** An await is an await by whatever name; an answer and an agent know the step by its id. */
function wait(
  old: Step | undefined,
  destination: Destination,
  to: Journey,
): Pick<Route, "keepsWaiting" | "awaiting"> {
  const step = destination.kind === "step" ? to.steps[destination.to] : undefined;
  if (destination.kind !== "step" || destination.due === "now" || step?.kind !== old?.kind)
    return { keepsWaiting: false, awaiting: null };
  if (step?.kind === "await") return { keepsWaiting: true, awaiting: step.event };
  return { keepsWaiting: step?.id === old?.id, awaiting: null };
}
