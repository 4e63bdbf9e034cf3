import { sql } from "kysely";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/channel/seeded-random.ts";
import { claimCalls, recordCalls } from "../../src/enrollment/call-ledger.ts";
import { listTasks, recordOutcome } from "../../src/enrollment/task-list.ts";
import { addVouchers, savePools } from "../../src/enrollment/voucher-pool.ts";
import { why } from "../../src/enrollment/why.ts";
import type { WhyStep } from "../../src/enrollment/why-step.ts";
import { edgesOf } from "../../src/journey/step.ts";
import { aCustomer, later } from "../support/people.ts";
import { type Shop, aShop, written } from "./shop.ts";

const shop = await aShop();

type Random = () => number;
type Steps = readonly object[];

/** Steps of every kind within one another, as a file would have them. */
function someSteps(random: Random, depth: number, next: () => string): Steps {
  const count = 1 + Math.floor(random() * 3);
  return Array.from({ length: count }, () => aStep(random, depth, next));
}

function aStep(random: Random, depth: number, next: () => string): object {
  const id = next();
  const within = () => (depth <= 0 || random() < 0.3 ? [] : someSteps(random, depth - 1, next));
  const simple = [
    () => ({ id, send: "hello", by: "email" }),
    () => ({ id, wait: `${1 + Math.floor(random() * 4)} days` }),
    () => ({ id, wait: `${1 + Math.floor(random() * 30)} hours` }),
    () => ({ id, set: { "customer.attributes.touched": id } }),
  ];
  const branching = [
    () => ({ id, if: flag(random), then: within(), else: within() }),
    () => ({
      id,
      switch: { one: flag(random), two: flag(random) },
      one: within(),
      two: within(),
      else: within(),
    }),
    () => ({ id, split: { left: 50, right: 50 }, left: within(), right: within() }),
    () => ({ id, await: { event: "seen", within: "3 days" }, then: within(), else: within() }),
    () => ({
      id,
      task: { list: "ring", do: "Ring", outcomes: ["reached", "missed"], within: "2 days" },
      reached: within(),
      missed: within(),
      else: within(),
    }),
    () => ({ id, call: "http://127.0.0.1:9/x", within: "5 hours", then: within(), else: within() }),
    () => ({ id, voucher: "pool", else: within() }),
    () => ({
      id,
      repeat: { times: 1 + Math.floor(random() * 3), until: flag(random) },
      steps: [...within(), { id: next(), wait: "5 hours" }],
    }),
  ];
  const kinds = depth > 0 && random() < 0.6 ? branching : simple;
  const make = kinds[Math.floor(random() * kinds.length)];
  if (make === undefined) throw new Error("there is such a kind");
  return make();
}

function flag(random: Random): object {
  return { [`customer.attributes.flag-${Math.floor(random() * 4)}`]: true };
}

/** What truly happened, as far as it had: the ways that were counted, and where the customer stood. */
interface Truth {
  /** The journey and its customer. */
  readonly nth: number;
  readonly at: Date;
  readonly ways: ReadonlyMap<string, ReadonlySet<string | null>>;
  readonly state: string;
  readonly step: string | null;
}

async function truths(): Promise<ReadonlyMap<string, Truth>> {
  const { rows } = await sql<{
    name: string;
    state: string;
    step: string | null;
    ways: readonly (readonly [string, string])[];
  }>`
    select j.name, e.state, case when v.definition -> 'steps' -> e.resting_at ->> 'next' = e.step then e.resting_at else e.step end as step,
      coalesce((select jsonb_agg(jsonb_build_array(p.step, p.next)) from passages p where p.version_id = v.id), '[]') as ways
    from enrollments e join journeys j on j.id = e.journey_id join journey_versions v on v.id = e.version_id`.execute(
    shop.database,
  );
  return new Map(
    rows.map(({ name, state, step, ways }) => {
      const bySteps = Map.groupBy(ways, ([from]) => from);
      const to = [...bySteps].map(
        ([from, those]) =>
          [from, new Set(those.map(([, next]) => (next === "" ? null : next)))] as const,
      );
      return [name, { nth: Number(name.slice(1)), at: shop.now, ways: new Map(to), state, step }];
    }),
  );
}

/** Six hours of a customer's life: they look, or change, agents ring, services answer or do not, and workers are late now and then. */
async function aWhile(playing: Shop, people: readonly string[], random: Random) {
  await playing.travel("1 minute");
  for (const one of people) {
    if (random() < 0.08) await playing.happens(one, "seen");
    if (random() < 0.1)
      await sql`update customers set attributes = attributes || ${JSON.stringify({ [`flag-${Math.floor(random() * 4)}`]: random() < 0.5 })}::jsonb where id = ${one}`.execute(
        playing.database,
      );
  }
  for (const task of await listTasks(playing.database, { limit: 1000 }))
    if (random() < 0.2)
      await recordOutcome(playing.database, {
        id: task.id,
        outcome: random() < 0.5 ? "reached" : "missed",
        note: null,
        by: "Grace",
        now: playing.now,
      });
  const calls = await claimCalls(playing.database, {
    now: playing.now,
    limit: 1000,
    leaseSeconds: 60,
  });
  const none = { status: null, answer: null, retryAfterMs: null };
  await recordCalls(
    playing.database,
    calls.map((call) => ({
      call,
      outcome:
        random() < 0.4
          ? { kind: "answered" as const, reason: "", status: 200, answer: "{}", retryAfterMs: null }
          : {
              ...none,
              kind: random() < 0.5 ? ("failed" as const) : ("later" as const),
              reason: "down",
            },
    })),
    { now: playing.now, random },
  );
  if (random() < 0.15) {
    playing.now = later(playing.now, { hours: 30 });
    await playing.live();
  } else await playing.travel("6 hours");
}

const journeys = 24;

test("every way and place that is stated is the true one, now and at every moment before", async () => {
  const random = seededRandom("one");
  const texts = Array.from({ length: journeys }, (_, nth) => {
    let count = 0;
    const steps = someSteps(random, 3, () => `s${(count += 1)}`);
    return `journey: j${nth}\nstart: { on: go-${nth} }\nsteps: ${JSON.stringify(steps)}`;
  });
  await savePools(
    shop.database,
    { pool: { redeemed_by: "used", property: "code", low: 0 } },
    shop.now,
  );
  await addVouchers(
    shop.database,
    "pool",
    Array.from({ length: 12 }, (_, nth) => ({ code: `C${nth}`, expiresAt: null })),
    shop.now,
  );
  await shop.apply(...texts);
  const people: string[] = [];
  for (let nth = 0; nth < journeys; nth++) {
    const attributes = JSON.stringify(
      Object.fromEntries([0, 1, 2, 3].map((flag_) => [`flag-${flag_}`, random() < 0.5])),
    );
    const one = await aCustomer(shop.database, { attributes });
    people.push(one);
    await shop.happens(one, `go-${nth}`);
  }
  const seen: ReadonlyMap<string, Truth>[] = [];
  await shop.live();
  for (let turn = 0; turn < 40; turn++) {
    await aWhile(shop, people, random);
    if (turn % 10 === 9) seen.push(await truths());
  }
  const told = [];
  for (const then of seen)
    for (const truth of then.values()) told.push(...(await trulyTold(truth)));
  // Most of it can be told.
  const stated = told.filter(({ way }) => way !== null).length;
  expect(stated).toBeGreaterThan(told.filter(({ possible }) => possible.length > 0).length * 3);

  async function trulyTold({ nth, ...truth }: Truth): Promise<readonly WhyStep[]> {
    const asking = { now: shop.now, at: truth.at, zone: "UTC", holdout: 0 };
    const customerId = people[nth] ?? "";
    const { journeys: found } = await why(shop.database, {
      ...asking,
      customerId,
      journey: `j${nth}`,
    });
    const steps = found[0]?.passages[0]?.steps ?? [];
    const text = texts[nth] ?? "";
    expect(liesIn(text, steps, { nth, ...truth }), `${text}\nat ${truth.at.toISOString()}`).toEqual(
      [],
    );
    return steps;
  }
}, 120_000);

/** What is said and not true. */
function liesIn(text: string, steps: readonly WhyStep[], truth: Truth): readonly string[] {
  const { journey } = written(text);
  const lies = steps.flatMap(({ id, place, way }) => {
    const step = journey.steps[id];
    const went = truth.ways.get(id);
    if (step === undefined) return [`${id} is no step`];
    const targets = new Set(
      (way?.split(", ") ?? []).map(
        (label) => edgesOf(step).find((edge) => edge.label === label)?.to,
      ),
    );
    return [
      ...(place === "passed" && went === undefined ? [`${id} was not passed`] : []),
      ...(place === "here" && truth.step !== id
        ? [`${id} is not where the customer was, but ${truth.step}`]
        : []),
      ...(place === "ended" && truth.step !== id ? [`it did not end at ${id}`] : []),
      ...(way !== null && [...targets].some((to) => to === undefined || !went?.has(to))
        ? [`${id} was not left by ${way}`]
        : []),
      ...(way !== null && [...(went ?? [])].some((to) => !targets.has(to))
        ? [`${id} was not left by ${way} alone`]
        : []),
    ];
  });
  const told = new Set(steps.flatMap(({ id, place }) => (place === "ahead" ? [] : [id])));
  const untold = [...truth.ways.keys()].filter((id) => !told.has(id));
  return [
    ...lies,
    ...(truth.at.getTime() === shop.now.getTime() ? untold.map((id) => `${id} is not told`) : []),
  ];
}
