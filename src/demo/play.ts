import type { ProviderStub } from "../channel/provider-stub.ts";
import type { Working } from "../queue/engine.ts";
import { later } from "./shop-visit.ts";
import type { PlayedClock } from "../rehearsal/played-clock.ts";
import type { Shoppers } from "./shoppers.ts";
import { refresh, settle } from "./settle.ts";

export interface Stage {
  readonly working: Working;
  readonly clock: PlayedClock;
  readonly stub: ProviderStub;
  readonly shoppers: Shoppers;
  readonly until: Date;
  onStep(now: Date): Promise<void>;
}

/** Hours (UTC) at which the shop's days are looked at: often by day, seldom by night. */
const hours = [1, 5, 7, 9, 11, 13, 15, 17, 19, 21];
/** Segments change slowly: they are worked out anew at these. */
const refreshHours = new Set([5, 11, 17]);
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/**
 * Plays the shop's days up to `until`: customers shop, the worker does what is due, the providers report, customers open
 * and click over HTTP, and what that moves them to comes in with the next step. Ends early when the worker is to stop.
 */
export async function play(stage: Stage): Promise<void> {
  const { clock, until, working } = stage;
  await refresh(working);
  await settle(working, clock);
  while (clock.now() < until && !working.stopping.aborted) {
    const from = clock.now();
    const next = nextStep(from);
    await step(stage, from, next < until ? next : until);
    await stage.onStep(clock.now());
  }
}

async function step(stage: Stage, from: Date, to: Date): Promise<void> {
  const { clock, stub, shoppers, working } = stage;
  for (const moment of moments(from, to)) {
    if (working.stopping.aborted) return;
    clock.moveTo(moment);
    await stub.deliverDue(clock.now());
  }
  await shoppers.answer(from);
  await shoppers.act(clock.now());
  if (refreshHours.has(to.getUTCHours())) await refresh(working);
  await settle(working, clock);
}

function nextStep(from: Date): Date {
  const midnight = Math.floor(from.getTime() / dayMs) * dayMs;
  const next = [...hours, 24 + (hours[0] ?? 0)].find(
    (hour) => midnight + hour * hourMs > from.getTime(),
  );
  return new Date(midnight + (next ?? 24) * hourMs);
}

/** Reports come within seconds, machines look within minutes, people within hours: each at about its time. */
function moments(from: Date, to: Date): Date[] {
  const early = [later(from, 0.5), later(from, 10)].filter((at) => at < to);
  const halfHours: Date[] = [];
  for (let at = later(from, 30); at < to; at = later(at, 30)) halfHours.push(at);
  return [...early, ...halfHours, to];
}
