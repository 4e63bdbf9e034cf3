import { shownReason } from "../database/shown-reason.ts";
import { eachInTurn } from "../errors.ts";
import { refreshSegments } from "../audience/refresh-segments.ts";
import { advance } from "../enrollment/advance.ts";
import { convertByConditions } from "../enrollment/convert-by-condition.ts";
import type { DeadEvent } from "../enrollment/dead-event.ts";
import { enterDue } from "../enrollment/enter-due.ts";
import { makeCalls } from "../enrollment/make-calls.ts";
import { react } from "../enrollment/react.ts";
import { decideSplits } from "../enrollment/split-winner.ts";
import { stopBeforeSending, stopByConditions } from "../enrollment/stop-condition.ts";
import { faultPoint } from "../fault.ts";
import { deliver } from "../message/deliver.ts";
import type { Delivered } from "../message/delivery-run.ts";
import { lookUpUnknown } from "../message/look-up.ts";
import { placesOf } from "../message/places.ts";
import { findRestored } from "../message/restored.ts";
import { applyReports } from "../tracking/reports.ts";
import type { JobIds } from "./backend.ts";
import type { Delivering, Engine, Working } from "./engine.ts";
import { sweep } from "./sweep.ts";
import { tidy } from "./tidy.ts";
import type { EngineJob } from "./wake.ts";

const enrollmentsAtOnce = 1000;
const messagesAtOnce = 500;
const reportsAtOnce = 1000;
const lookUpsAtOnce = 20;

/** The jobs of the engine's queue: each calls one function and wakes what that function found to be next. */
export const engineJobs: Readonly<
  Record<EngineJob, (working: Working, ids: JobIds) => Promise<void>>
> = {
  async react(working) {
    const { engine, wake } = working;
    let limit = enrollmentsAtOnce;
    while (!working.stopping.aborted) {
      if (await isHeldBack(working)) return;
      const reacted = await react(engine.database, { ...turn(engine), limit });
      sayDead(engine, reacted.dead);
      if (reacted.enrolled + reacted.woken > 0) await wake.engine("advance");
      if (!reacted.more) return;
      // Where faults made a batch smaller, the next ones grow slowly.
      limit = Math.min(enrollmentsAtOnce, 2 * Math.max(1, reacted.events));
    }
  },
  async advance(working) {
    const { engine, wake } = working;
    while (!working.stopping.aborted) {
      if (await isHeldBack(working)) return;
      const { planned, calling, more } = await advance(engine.database, turn(engine));
      await faultPoint("after-advance");
      if (planned > 0)
        await Promise.all([...engine.deliveries.keys()].map((channel) => wake.delivery(channel)));
      if (calling > 0) await wake.engine("call");
      if (!more) return;
    }
  },
  async enter(working, { journeyId }) {
    const { engine, wake } = working;
    if (journeyId === undefined || (await isHeldBack(working))) return;
    const { entered } = await enterDue(engine.database, journeyId, turn(engine));
    if (entered > 0) await wake.engine("advance");
  },
  async refresh(working) {
    const { engine, wake } = working;
    if (await isHeldBack(working)) return;
    const { database, clock } = engine;
    await eachInTurn(
      [
        () => workOutSegments(engine),
        () => stopByConditions(database, clock.now()),
        () => convertByConditions(database, clock.now()),
        () => (working.splitsStay === true ? Promise.resolve() : decide(engine)),
      ],
      (work) => work(),
    );
    await wake.engine("sweep");
  },
  async "apply-reports"(working) {
    const { engine } = working;
    while (!working.stopping.aborted) {
      const { requests, failed } = await applyReports(
        engine.database,
        engine.clock.now(),
        reportsAtOnce,
        engine.secrets,
      );
      for (const { inboxId, reason } of failed) {
        engine.log.error(
          { inboxId, reason: shownReason(reason) },
          "a report could not be applied; it stays in the inbox",
        );
      }
      if (requests < reportsAtOnce) return;
    }
  },
  /** Apart from the sweep, which a provider that does not answer must not hold up. */
  async "look-up"({ engine, stopping }) {
    const { database, clock } = engine;
    for (const { channel, carrier, deadlineMs } of engine.deliveries.values()) {
      const lookUp = { channel, carrier, deadlineMs, stopping, limit: lookUpsAtOnce };
      await lookUpUnknown(database, { ...lookUp, now: clock.now() });
    }
  },
  /** One at a time over all workers, with many calls beside one another; apart from whatever must not wait for a service. */
  async call(working) {
    const { engine, wake, stopping } = working;
    const { database, webhooks, clock } = engine;
    if (webhooks === undefined || (await isHeldBack(working))) return;
    const onAnswered = () => wake.engine("advance");
    await makeCalls(database, webhooks, { now: () => clock.now(), stopping, onAnswered });
  },
  tidy,
  sweep,
};

function sayDead({ log }: Engine, dead: readonly DeadEvent[]): void {
  const alike = Map.groupBy(dead, ({ version, reason }) => `${version?.journeyId ?? ""} ${reason}`);
  for (const those of alike.values()) {
    const events = those.map(({ event }) => event.event_id);
    const journey = those[0]?.version?.journey.name;
    const whose =
      journey === undefined
        ? "vouchers could not be marked as used by"
        : "a journey could not react to";
    log.error(
      { journey, events, reason: those[0]?.reason },
      `${whose} events; they are kept: mend it, then waypost replay --events`,
    );
  }
}

/** Until it is said what the original did, nothing can be judged by when it was due: passages stay where the backup has them. */
async function isHeldBack({ engine, isHeldBack: said }: Working): Promise<boolean> {
  return said === undefined ? (await findRestored(engine.database)).at !== null : said();
}

/** Batches of a channel on their way at once: in this worker, whose calls in flight they share, and over all workers. */
export interface Lanes {
  readonly here: number;
  readonly everywhere: number;
}

/**
 * A lane of a channel: delivers batch after batch while they come out full. A lane that finds a full batch wakes the
 * next one, so that a burst is carried by as many lanes as it needs and one message by one.
 */
export async function deliverJob(
  { engine, wake, guard, lines, stopping }: Delivering,
  { channel = "", lane = 0 }: JobIds,
  { here, everywhere: lanes }: Lanes,
): Promise<void> {
  const whole = engine.deliveries.get(channel);
  const line = lines.get(channel);
  if (whole === undefined || line?.isResting === true) return;
  const delivery = { ...whole, concurrency: Math.floor(whole.concurrency / here) };
  const places = placesOf(engine.database, delivery);
  const now = () => engine.clock.now();
  const takeBack = (messages: readonly string[], at: Date) =>
    stopBeforeSending(engine.database, messages, at);
  for (;;) {
    if (!(await guard.mayDeliver())) return;
    const limit = Math.min(messagesAtOnce, (await places?.await(stopping)) ?? messagesAtOnce);
    if (limit === 0) return;
    const batch = { limit, now, stopping, takeBack, ...(places !== undefined && { places }) };
    const delivered = await deliver(engine.database, engine.composer, delivery, batch);
    await line?.learn(engine.database, delivered, now());
    sayRest(engine, channel, delivered);
    if (delivered.claimed < limit || delivered.mustRest || stopping.aborted) return;
    // Where it was the rate that left no room for more, another lane would have none either.
    if (limit === messagesAtOnce && lane + 1 < lanes) await wake.delivery(channel, lane + 1);
  }
}

/** What the provider wrote to it may be about a customer: that is in the database, and not in the log. */
function sayRest({ log }: Engine, channel: string, delivered: Delivered): void {
  const { pausedFor, quietUntil, unconnected } = delivered;
  if (pausedFor !== null)
    log.error(
      { channel, code: pausedFor },
      "a channel is paused, its provider refuses us: waypost status says why; mend it, then waypost resume channel",
    );
  else if (unconnected !== null)
    log.warn({ channel }, "a provider is not reached; tried again soon: waypost status says why");
  else if (quietUntil !== null)
    log.info({ channel, until: quietUntil }, "a provider wants quiet; it goes on by itself");
}

async function workOutSegments({ database, clock, log }: Engine): Promise<void> {
  for (const { name, failure } of await refreshSegments(database, clock.now())) {
    if (failure !== null)
      log.error(
        { segment: name, reason: failure },
        "a segment could not be worked out; its members stay as they were",
      );
  }
}

async function decide({ database, clock, log }: Engine): Promise<void> {
  for (const decided of await decideSplits(database, clock.now()))
    log.info(decided, "a split has its winner");
}

function turn({ clock, config, composer }: Engine) {
  const { zone, holdout, channels } = config;
  const channelsWith = (template: string) =>
    Object.keys(channels).filter((channel) => composer.templates.has(template, channel));
  return { now: clock.now(), limit: enrollmentsAtOnce, zone, holdout, money: config, channelsWith };
}
