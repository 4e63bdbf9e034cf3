import type { ProviderStub } from "../channel/provider-stub.ts";
import { seededRandom } from "../channel/seeded-random.ts";
import type { Engine, Working } from "../queue/engine.ts";
import { keepCopy } from "./kept-copy.ts";
import { shopFiles } from "./demo-project.ts";
import { type Future, loadHistory } from "./load-history.ts";
import { play } from "./play.ts";
import type { PlayedClock } from "../rehearsal/played-clock.ts";
import { Shoppers } from "./shoppers.ts";

export interface DemoOptions {
  readonly customers: number;
  /** How many of the last days are played; what lies before is history. */
  readonly days: number;
  readonly seed: string;
}

export type ShowProgress = (phase: string, done: number, total: number, note: string) => void;

const dayMs = 86_400_000;

export function startOf(until: Date, { days }: DemoOptions): Date {
  return new Date(until.getTime() - days * dayMs);
}

/** The engine as the demo runs it: each message goes to the local provider, and a copy to the outbox. */
export function playedEngine(engine: Engine, outbox: string, seed: string): Engine {
  const { clock } = engine;
  const deliveries = [...engine.deliveries].map(([channel, delivery]) => {
    const carrier = keepCopy(delivery.carrier, outbox, clock);
    return [channel, { ...delivery, carrier, random: seededRandom(`${seed} ${channel}`) }] as const;
  });
  return { ...engine, deliveries: new Map(deliveries) };
}

/** The shop as it was before the played days. */
export function openShop(
  engine: Engine,
  options: DemoOptions,
  until: Date,
  show: ShowProgress,
): Promise<Future> {
  const { seed, customers } = options;
  const from = startOf(until, options);
  return loadHistory(
    engine,
    shopFiles(engine.config.folder),
    { seed, customers, from, until },
    show,
  );
}

/** Plays the days, with a worker at work and the web door open. */
export function playDays(
  working: Working,
  clock: PlayedClock,
  stub: ProviderStub,
  given: { readonly future: Future; readonly options: DemoOptions; readonly until: Date },
  show: ShowProgress,
): Promise<void> {
  const { future, options, until } = given;
  const from = startOf(until, options).getTime();
  const shoppers = new Shoppers(working.engine, options.seed, future);
  return play({
    working,
    clock,
    stub,
    shoppers,
    until,
    onStep: async (now) =>
      show(
        now.toISOString().slice(0, 10),
        now.getTime() - from,
        until.getTime() - from,
        await note(working.engine),
      ),
  });
}

async function note({ database }: Engine): Promise<string> {
  const enrolled = await database
    .selectFrom("enrollments")
    .select((row) => row.fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  const sent = await database
    .selectFrom("messages")
    .where("sent_at", "is not", null)
    .select((row) => row.fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  return `${enrolled.count} enrolled, ${sent.count} sent`;
}
