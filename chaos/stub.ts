import { type ForkedStub, forkProviderStub } from "../src/channel/provider-stub-process.ts";
import type { AftermathOptions } from "../src/channel/stub-aftermath.ts";
import type { Ground } from "./ground.ts";
import { answerMs } from "./sizes.ts";

/** The provider, in a process of its own, which reports to the web process of the scenario. */
export async function startStub(
  ground: Ground,
  given: { log: string; seed: string; webPort: number; webhooks: AftermathOptions },
): Promise<ForkedStub> {
  const { log, seed, webPort, webhooks } = given;
  const sendgridUrl = `http://127.0.0.1:${webPort}/r/sendgrid`;
  const stub = await forkProviderStub({
    log,
    seed,
    behaviour: { faults: {}, answerMs },
    webhooks: { pace: "manual", sendgridUrl, ...webhooks },
  });
  // Ctrl-C reaches it as well as us, and may have ended it already.
  ground.closers.add(() => stub.close().catch(() => {}));
  return stub;
}
