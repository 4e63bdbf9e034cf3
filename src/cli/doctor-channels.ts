import { remedyOfNoConnection } from "../channel/no-connection.ts";
import type { Config } from "../config.ts";
import { reasonOf } from "../errors.ts";
import type { Delivery } from "../message/delivery-run.ts";
import { type Finding, error, ok, warn } from "./finding.ts";
import type { House } from "./house.ts";

const withinMs = 10_000;

/** Asks each provider something harmless, beside one another. */
export async function examineChannels(house: House): Promise<readonly Finding[]> {
  const { deliveries } = await house.engine();
  const credentials = await Promise.all([...deliveries.values()].map(examineChannel));
  return [...credentials, ...senderless(house.config), ...unheard(house.config)];
}

/** Without a sender the first message whose template names none pauses the channel. */
export function senderless({ channels }: Pick<Config, "channels">): Finding[] {
  return Object.entries(channels)
    .filter(([, { provider, from }]) => from === undefined && /^(sendgrid|smtp)$/.test(provider))
    .map(([name, { provider }]) =>
      warn(
        `channel ${name}`,
        "no sender: the first message whose template has no from of its own pauses it",
        `say in waypost.yaml who it is from, channels: { ${name}: { provider: ${provider}, from: "Shop <hello@shop.example>" } }`,
      ),
    );
}

/** Without the key that proves them, every report of SendGrid is refused. */
function unheard({ channels, environment }: Pick<Config, "channels" | "environment">): Finding[] {
  return Object.entries(channels)
    .filter(([, { provider }]) => provider === "sendgrid")
    .filter(
      ([, { options }]) =>
        (options["webhookKey"] ?? environment.SENDGRID_WEBHOOK_KEY) === undefined,
    )
    .map(([name]) =>
      warn(
        `channel ${name}`,
        "no SENDGRID_WEBHOOK_KEY: SendGrid's reports are refused, so bounces and complaints are not heard",
        "turn the Signed Event Webhook on and put its verification key there (docs/operating.md)",
      ),
    );
}

async function examineChannel({ channel, carrier }: Delivery): Promise<Finding> {
  const about = `channel ${channel}`;
  if (carrier.name === "outbox")
    return warn(
      about,
      "goes to the outbox and reaches nobody",
      "give it a provider's keys, where it shall reach customers (docs/operating.md)",
    );
  if (carrier.check === undefined) return ok(about, `${carrier.name}, which cannot be asked`);
  const wrong = await carrier.check(AbortSignal.timeout(withinMs)).catch(reasonOf);
  if (wrong === undefined) return ok(about, `${carrier.name} takes its credentials`);
  const remedy = remedyOfNoConnection(wrong);
  return remedy !== undefined
    ? error(about, `${carrier.name}: ${wrong}`, remedy)
    : error(about, `${carrier.name} says: ${wrong}`, "correct its keys or account, then resume it");
}
