import type { Outgoing } from "../channel/channel.ts";
import type { Database } from "../database/database.ts";
import { reasonOf } from "../errors.ts";
import type { SegmentFile } from "../journey/read-project.ts";
import { type Players, bringIn } from "./cast.ts";
import { nextChange } from "./next-change.ts";
import { earliest, nextDue, nextStart, zonesOf } from "./next-moment.ts";
import { openJourneys } from "./open.ts";
import { type Path, readPaths } from "./path.ts";
import { perform } from "./perform.ts";
import { type Parts, Rehearsal } from "./rehearsal.ts";
import type { Scratch } from "./scratch.ts";
import { stock } from "./stock.ts";
import { sql } from "kysely";
import { type Happening, type TestCase, lastNamed } from "./test-file.ts";
import { readTrails } from "./trail.ts";
import { type Failure, judge } from "./verdict.ts";

export interface TestResult {
  readonly test: TestCase;
  readonly failures: readonly Failure[];
  /** What became of each customer, by name. */
  readonly paths: ReadonlyMap<string, Path>;
  /** Of a test that failed: the steps they came by, or what kept them out. */
  readonly trails: ReadonlyMap<string, readonly string[]>;
}

const dayMs = 86_400_000;
/** Passages that began in time are followed so long. */
const patienceMs = 90 * dayMs;

/**
 * Runs tests on one scratch ground. Those of the same journeys that begin at the same moment are played together, on one
 * clock, each with customers of its own: a hundred of them take hardly longer than one. `make` gives the parts around
 * a carrier that shows every message to what it is given.
 */
export async function runTests(
  scratch: Scratch,
  tests: readonly TestCase[],
  segments: readonly SegmentFile[],
  make: (onTaken: (message: Outgoing) => void) => Parts,
  stopping: AbortSignal,
): Promise<readonly TestResult[]> {
  const results: TestResult[] = [];
  let isFresh = true;
  for (const together of groups(tests)) {
    if (stopping.aborted) break;
    if (!isFresh) await scratch.empty();
    isFresh = false;
    const handed = new Map<string, Outgoing>();
    const parts = make((message) => handed.set(message.deliveryId, message));
    const [first] = together;
    const begins = first?.begins ?? new Date(0);
    const rehearsal = new Rehearsal(scratch, parts, begins, stopping, first?.props.answers);
    results.push(...(await new Play(rehearsal, together, segments, handed).run()));
  }
  return results;
}

/** Bounces and complaints close an address, which may be another test's too: those tests are played alone. */
function groups(tests: readonly TestCase[]): readonly (readonly TestCase[])[] {
  const keyed = Map.groupBy(tests, (test) => {
    const closes = test.when.some(
      (one) => one.kind === "message" && ["bounces", "complains"].includes(one.act),
    );
    const names = test.journeys.map(({ journey }) => journey.name).toSorted();
    const isAlone = closes || test.journeys.some(({ journey }) => sharesAmongCustomers(journey));
    const { answers } = test.props;
    return JSON.stringify([names, test.begins, answers, isAlone && `${test.file}:${test.line}`]);
  });
  return [...keyed.values()];
}

/** One customer's passage can change another's: by the last voucher of a pool, or by deciding a winner. */
function sharesAmongCustomers({ steps }: TestCase["journeys"][number]["journey"]): boolean {
  return Object.values(steps).some(
    (step) => step.kind === "voucher" || (step.kind === "split" && step.winner !== null),
  );
}

function asksConditions({ journeys }: TestCase): boolean {
  return journeys.some(
    ({ journey: { objective, stop } }) =>
      typeof objective?.goal === "object" || stop.some(({ kind }) => kind === "condition"),
  );
}

interface Act {
  readonly happening: Happening;
  readonly nth: number;
}

class Play {
  readonly #rehearsal: Rehearsal;
  readonly #tests: readonly TestCase[];
  readonly #segments: readonly SegmentFile[];
  readonly #handed: ReadonlyMap<string, Outgoing>;
  readonly #players: Players[] = [];
  readonly #problems = new Map<number, Failure[]>();

  constructor(
    rehearsal: Rehearsal,
    tests: readonly TestCase[],
    segments: readonly SegmentFile[],
    handed: ReadonlyMap<string, Outgoing>,
  ) {
    this.#rehearsal = rehearsal;
    this.#tests = tests;
    this.#segments = segments;
    this.#handed = handed;
  }

  async run(): Promise<readonly TestResult[]> {
    for (const [nth, test] of this.#tests.entries()) await this.#bringIn(test, nth);
    const { config, database } = this.#rehearsal.engine;
    for (const { props } of this.#tests)
      await stock(database, config.pools, props.vouchers, this.#rehearsal.now);
    for (const act of this.#acts("given")) await this.#perform(act);
    const [first] = this.#tests;
    await openJourneys(this.#rehearsal, first?.journeys ?? [], this.#segments);
    await this.#play();
    return Promise.all(this.#tests.map((test, nth) => this.#judge(test, nth)));
  }

  async #bringIn(test: TestCase, nth: number): Promise<void> {
    this.#players[nth] = new Map();
    try {
      this.#players[nth] = await bringIn(this.#rehearsal, test, nth);
    } catch (thrown) {
      this.#note(nth, test.line, reasonOf(thrown));
    }
  }

  #acts(part: "given" | "when"): readonly Act[] {
    return this.#tests
      .flatMap((test, nth) => test[part].map((happening) => ({ happening, nth })))
      .toSorted((a, b) => a.happening.at.getTime() - b.happening.at.getTime());
  }

  async #play(): Promise<void> {
    const acts = [...this.#acts("when")];
    const named = new Date(Math.max(...this.#tests.map((test) => lastNamed(test).getTime())));
    const end = new Date(named.getTime() + patienceMs);
    const { clock, engine } = this.#rehearsal;
    for (;;) {
      const next = await this.#next(acts[0]?.happening.at ?? null, named);
      if (next === null || next > end || this.#rehearsal.working.stopping.aborted) return;
      clock.moveTo(next);
      const before = acts.length;
      for (let act = acts[0]; act !== undefined && act.happening.at <= clock.now(); act = acts[0])
        await this.#perform(acts.shift() ?? act);
      await this.#rehearsal.refresh();
      await this.#rehearsal.settle();
      // A voucher is used once the journey has heard of it, and only then does a condition that asks for it hold.
      if (acts.length < before && this.#tests.some(asksConditions)) {
        await this.#rehearsal.refresh();
        await this.#rehearsal.settle();
      }
      if (
        clock.now() >= named &&
        acts.length === 0 &&
        !(await isAnybodyInside(engine.database, named))
      )
        return;
    }
  }

  /** Starts and segments count until the last moment that a test names; then only who is inside is followed. */
  async #next(act: Date | null, named: Date): Promise<Date | null> {
    const { now, engine } = this.#rehearsal;
    const due = await nextDue(engine.database, now);
    if (now >= named) return earliest([act, due]);
    const shops = engine.config.zone;
    const customers = await zonesOf(engine.database, shops);
    const starts = this.#tests[0]?.journeys.map(({ journey }) => journey.start) ?? [];
    const start = nextStart(starts, now, { shops, customers });
    const tomorrow = new Date(now.getTime() + dayMs);
    const first = earliest([act, due, start, named, tomorrow]) ?? named;
    return nextChange(engine.database, now, first);
  }

  async #perform({ happening, nth }: Act): Promise<void> {
    const player = this.#players[nth]?.get(happening.customer);
    if (player === undefined) return;
    const problem = await perform(this.#rehearsal, happening, player, this.#handed);
    if (problem !== undefined) this.#note(nth, happening.line, problem);
  }

  #note(nth: number, line: number, message: string): void {
    this.#problems.set(nth, [...(this.#problems.get(nth) ?? []), { line, message }]);
  }

  async #judge(test: TestCase, nth: number): Promise<TestResult> {
    const players = this.#players[nth] ?? new Map();
    const paths = await readPaths(this.#rehearsal.engine.database, players, this.#handed);
    const seen = new Map([...paths].map(([name, path]) => [name, withinTime(path, test)]));
    const problems = this.#problems.get(nth) ?? [];
    const failures = problems.length > 0 ? problems : judge(test, seen);
    const { database, config } = this.#rehearsal.engine;
    const asking = { now: this.#rehearsal.now, zone: config.zone, holdout: config.holdout };
    const trails = failures.length > 0 ? await readTrails(database, players, asking) : new Map();
    return { test, paths: seen, failures, trails };
  }
}

/** What a longer test beside it went on with is not this one's. */
function withinTime({ messages, passages }: Path, test: TestCase): Path {
  const { until } = test;
  const last = lastNamed(test);
  const isIn = ({ enteredAt }: { readonly enteredAt: Date }) => enteredAt <= last;
  return {
    messages: messages.filter(
      (message) => isIn(message) && (until === null || message.at <= until),
    ),
    passages: passages.filter(isIn),
  };
}

async function isAnybodyInside(database: Database, named: Date): Promise<boolean> {
  const { rows } = await sql<{ is: boolean }>`
    select exists (select from enrollments where entered_at <= ${named} and state in ('entered', 'waiting'))
        or exists (select from messages where needs = 'delivery') as is`.execute(database);
  return rows[0]?.is === true;
}
