import type { Database } from "../database/database.ts";
import { faultPoint } from "../fault.ts";
import { type Claim, claim, endClaim } from "./claim.ts";
import { type Composer, compose } from "./compose.ts";
import {
  type Batch,
  type Compose,
  type Delivered,
  type Delivery,
  DeliveryRun,
} from "./delivery-run.ts";
import { failUncomposable } from "./fail.ts";
import type { ClaimedMessage } from "./message.ts";

export interface DueBatch extends Batch {
  readonly limit: number;
  /** Takes back those of the messages that are not to go after all, and returns them. */
  readonly takeBack?: (messages: readonly string[], now: Date) => Promise<ReadonlySet<string>>;
}

const nothingDue: Delivered = {
  claimed: 0,
  accepted: 0,
  mustRest: false,
  isAnswered: false,
  unconnected: null,
  pausedFor: null,
  quietUntil: null,
};

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
    inTurns: batch.places !== undefined,
  });
  await faultPoint("after-claim");
  if (claimed.messages.length === 0) return nothingDue;
  const composeSome: Compose = async (messages) => {
    const { composed, failed } = await compose(database, composer, messages, batch.now());
    if (failed.length > 0) await failUncomposable(database, failed, batch.now());
    return composed;
  };
  const going = { ...claimed, messages: await notTakenBack(database, claimed, batch) };
  const run = await new DeliveryRun(database, delivery, going, composeSome, batch).finish();
  return { claimed: claimed.messages.length, ...run };
}

/** When it cannot be asked, nobody else has to wait for the end of the lease. */
async function notTakenBack(
  database: Database,
  { id: claimId, messages }: Claim,
  { takeBack, now }: DueBatch,
): Promise<readonly ClaimedMessage[]> {
  try {
    const ids = messages.map(({ id }) => id);
    const gone = (await takeBack?.(ids, now())) ?? new Set();
    return messages.filter(({ id }) => !gone.has(id));
  } catch (thrown) {
    await endClaim(database, claimId).catch(() => {});
    throw thrown;
  }
}
