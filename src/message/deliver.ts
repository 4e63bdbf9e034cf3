import type { Database } from "../database/database.ts";
import { pauseChannel } from "./channel-state.ts";
import { claim } from "./claim.ts";
import { type Composer, compose } from "./compose.ts";
import { type Batch, type Delivery, DeliveryRun } from "./delivery-run.ts";
import { failUncomposable } from "./fail.ts";

export interface Delivered {
  readonly claimed: number;
  readonly accepted: number;
  /** The provider asked for a pause of the whole channel, this long. */
  readonly throttledMs: number | null;
  /** The channel was paused because of its credentials or account. */
  readonly misconfigured: boolean;
}

/** Delivers one batch of due messages on a channel: claim, render, open, call, record. */
export async function deliver(
  database: Database,
  composer: Composer,
  delivery: Delivery,
  batch: Batch & { readonly limit: number },
): Promise<Delivered> {
  const { channel, deadlineMs } = delivery;
  const leaseSeconds = delivery.leaseSeconds + deadlineMs / 1000;
  const claimed = await claim(database, {
    channel,
    limit: batch.limit,
    now: batch.now(),
    leaseSeconds,
  });
  if (claimed.length === 0)
    return { claimed: 0, accepted: 0, throttledMs: null, misconfigured: false };
  const { composed, failed } = await compose(database, composer, claimed, batch.now());
  if (failed.length > 0) await failUncomposable(database, failed);
  const run = await new DeliveryRun(database, delivery, composed, batch).finish();
  if (run.complaint !== null)
    await pauseChannel(database, channel, delivery.provider, run.complaint, batch.now());
  return {
    claimed: claimed.length,
    accepted: run.accepted,
    throttledMs: run.throttledMs,
    misconfigured: run.complaint !== null,
  };
}
