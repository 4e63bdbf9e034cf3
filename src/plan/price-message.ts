import type { Config } from "../config.ts";
import { reasonOf } from "../errors.ts";
import { type Composer, preview } from "../message/compose.ts";
import { sampleMessage } from "../message/sample.ts";
import { tidy } from "./tidy.ts";
import { type TextLength, textLength } from "./text-segments.ts";

/** What one message of a template on a channel takes, as it is for the example customer. */
export interface MessagePrice {
  readonly template: string;
  readonly channel: string;
  /** Of a text; null elsewhere. */
  readonly length: TextLength | null;
  /** Of one message; null where the channel has no price. */
  readonly cost: number | null;
  readonly currency: string | null;
  /** Why it could not be rendered; its length is then taken for one segment. */
  readonly failure: string | null;
}

/** Renders the template with sample values and counts. Texts are what goes out by SMS, and whatever is charged by segment. */
export async function priceMessage(
  composer: Composer,
  channels: Config["channels"],
  {
    template,
    channel,
    now,
  }: { readonly template: string; readonly channel: string; readonly now: Date },
): Promise<MessagePrice> {
  const price = channels[channel]?.price ?? null;
  const isText = channel === "sms" || price?.per === "segment";
  const measured = isText ? await measure(composer, { template, channel, now }) : notMeasured;
  const times = price?.per === "segment" ? (measured.length?.segments ?? 1) : 1;
  return {
    template,
    channel,
    ...measured,
    cost: price === null ? null : tidy(price.amount * times),
    currency: price?.currency ?? null,
  };
}

const notMeasured = { length: null, failure: null };

async function measure(
  composer: Composer,
  of: { readonly template: string; readonly channel: string; readonly now: Date },
): Promise<Pick<MessagePrice, "length" | "failure">> {
  try {
    const rendered = preview(composer, await sampleMessage(of), of.now);
    return { length: textLength(rendered.text), failure: null };
  } catch (thrown) {
    return { length: null, failure: reasonOf(thrown) };
  }
}
