import type { Database } from "../database/database.ts";
import { faultPoint } from "../fault.ts";
import { claim } from "./claim.ts";
import { type Composer, compose } from "./compose.ts";
import { type Batch, type Compose, type Delivery, DeliveryRun } from "./delivery-run.ts";
import { failUncomposable } from "./fail.ts";

export interface Delivered {
  readonly claimed: number;
  readonly accepted: number;
  /** The channel was paused (credentials, account) or throttled by its provider: no use in trying on. */
  readonly mustRest: boolean;
}

export interface DueBatch extends Batch {
  readonly limit: number;
  /** Takes back those of the messages that are not to go after all, and returns them. */
  readonly takeBack?: (messages: readonly string[], now: Date) => Promise<ReadonlySet<string>>;
}

/** Delivers one batch of due messages on a channel: claim, render, open, call, record. */
export async function deliver(
  database: Database,
  composer: Composer,
  delivery: Delivery,
  batch: DueBatch,
): Promise<Delivered> {
  const leaseSeconds = delivery.leaseSeconds + delivery.deadlineMs / 1000;
  const claimed = await claim(database, {
    channel: delivery.channel,
    limit: batch.limit,
    now: batch.now(),
    leaseSeconds,
  });
  await faultPoint("after-claim");
  if (claimed.messages.length === 0) return { claimed: 0, accepted: 0, mustRest: false };
  const composeSome: Compose = async (messages) => {
    const { composed, failed } = await compose(database, composer, messages, batch.now());
    if (failed.length > 0) await failUncomposable(database, failed);
    return composed;
  };
  const ids = claimed.messages.map(({ id }) => id);
  const gone = (await batch.takeBack?.(ids, batch.now())) ?? new Set();
  const going = { ...claimed, messages: claimed.messages.filter(({ id }) => !gone.has(id)) };
  const run = await new DeliveryRun(database, delivery, going, composeSome, batch).finish();
  return { claimed: ids.length, ...run };
}
