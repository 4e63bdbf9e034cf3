import type { Trace } from "../audience/trace.ts";
import { readMoment } from "../audience/instant.ts";
import { getJourney } from "../enrollment/journey-state.ts";
import type { WhyStep } from "../enrollment/why-step.ts";
import { why } from "../enrollment/why.ts";
import { getCustomer, nameOf } from "./customer-page.ts";
import type { Page } from "./page.ts";
import type { Site } from "./site.ts";

/** Why a customer is in each journey or is not, with all that was asked and seen: `waypost why` for the screen. */
export async function whyPage(
  { engine }: Site,
  id: string,
  query: Readonly<Record<string, unknown>>,
): Promise<Page> {
  const { database, config, clock } = engine;
  const customer = await getCustomer(database, id);
  const journey = typeof query["journey"] === "string" ? query["journey"] : undefined;
  if (journey !== undefined) await getJourney(database, journey);
  const now = clock.now();
  const at = momentIn(query["at"], now);
  const told = await why(database, {
    customerId: customer.id,
    now,
    zone: config.zone,
    holdout: config.holdout,
    ...(journey !== undefined && { journey }),
    ...(at !== undefined && { at }),
  });
  const name = nameOf(customer);
  const model = {
    id: customer.id,
    name,
    only: journey ?? null,
    at: told.at.toISOString().slice(0, 16),
    latest: now.toISOString().slice(0, 16),
    isThen: at !== undefined,
    notes: told.notes,
    journeys: told.journeys.map(({ entry, passages, ...one }) => ({
      ...one,
      entry: { ...entry, condition: entry.condition === null ? null : shown(entry.condition) },
      passages: passages.map((passage) => ({
        ...passage,
        state: passage.state === "inside" ? "was inside" : passage.state,
        stops: passage.stops.map(({ as, trace }) => ({ as, trace: shown(trace) })),
        steps: passage.steps.map((step) => ({
          ...step,
          possible: step.possible.join(" or "),
          says: saying[step.place] ?? null,
          asks: step.asks.map(({ of, trace }) => ({
            of: step.asks.length > 1 ? of : null,
            trace: shown(trace),
          })),
        })),
      })),
    })),
  };
  return { view: "why", title: `Why ${name.slice(0, 50)}`, model };
}

/** What the mark beside a step does not say. */
const saying: Partial<Record<WhyStep["place"], string>> = {
  perhaps: "perhaps",
  ended: "here it ended",
};

interface Shown {
  readonly said: string;
  readonly holds: boolean;
  readonly seen: string | null;
  readonly parts: readonly Shown[];
}

const joints = { all: "all of these", any: "at least one of these", not: "not" } as const;

function shown({ condition, joins, holds, seen, parts }: Trace): Shown {
  return { said: joins === null ? condition : joints[joins], holds, seen, parts: parts.map(shown) };
}

/** What the field of the page, or a link, says; what cannot be read or has not been yet is now. */
function momentIn(given: unknown, now: Date): Date | undefined {
  const moment = typeof given === "string" ? readMoment(given) : undefined;
  return moment !== undefined && moment.start < now ? moment.start : undefined;
}
