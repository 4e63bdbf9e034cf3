import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import { readJourneyFigures } from "../enrollment/journey-counts.ts";
import { lastDay } from "../message/last-day.ts";
import type { Engine } from "../queue/engine.ts";
import { engagement } from "../tracking/engagement.ts";
import { KeptFigure } from "./kept-figure.ts";

/** The counts over whole tables that screens show, each run once for all who look. */
export interface Figures {
  readonly journeys: KeptFigure<Awaited<ReturnType<typeof readJourneyFigures>>>;
  readonly engagement: KeptFigure<Awaited<ReturnType<typeof engagement>>>;
  readonly day: KeptFigure<Awaited<ReturnType<typeof lastDay>>>;
  readonly customers: KeptFigure<number>;
}

type Counting = Pick<Engine, "database" | "clock" | "log">;

export function createFigures({ database, clock, log }: Counting): Figures {
  const kept = <T>(count: () => Promise<T>) => new KeptFigure(count, clock, log);
  return {
    journeys: kept(() => readJourneyFigures(database)),
    engagement: kept(() => engagement(database)),
    day: kept(() => lastDay(database, clock.now())),
    customers: kept(() => countCustomers(database)),
  };
}

/** Counts once before anybody looks, so that the first viewer of a large shop waits for nothing. */
export function countAhead(figures: Figures, { log }: Pick<Counting, "log">): void {
  for (const figure of Object.values(figures) as KeptFigure<unknown>[])
    figure.read().catch((thrown: unknown) => log.debug({ thrown }, "nothing was counted ahead"));
}

async function countCustomers(database: Database): Promise<number> {
  const { rows } = await sql<{
    count: number;
  }>`select count(*)::int as count from customers`.execute(database);
  return rows[0]?.count ?? 0;
}
