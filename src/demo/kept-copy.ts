import type { Provider } from "../channel/channel.ts";
import { createOutbox } from "../channel/outbox.ts";
import type { Clock } from "../clock.ts";

/** Hands each message to `carrier`, and keeps what it took in the outbox, to be looked at. */
export function keepCopy(carrier: Provider, folder: string, clock: Clock): Provider {
  const outbox = createOutbox({ folder }, clock);
  return {
    ...carrier,
    async send(message, signal) {
      const outcome = await carrier.send(message, signal);
      if (outcome.kind === "accepted" || outcome.kind === "unknown")
        await outbox.send(message, signal);
      return outcome;
    },
  };
}
