import type { Outgoing, Provider } from "../channel/channel.ts";

/** Takes every message and carries none. `onTaken` sees them: nothing that is rehearsed leaves the process. */
export function nullCarrier(onTaken: (message: Outgoing) => void): Provider {
  return {
    name: "rehearsal",
    send(message) {
      onTaken(message);
      return Promise.resolve({ kind: "accepted", receipt: message.deliveryId });
    },
    close: () => Promise.resolve(),
  };
}
