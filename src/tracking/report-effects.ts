import type { NewRow } from "../database/tables.ts";
import type { Leaving } from "./leaving.ts";
import type { Returning } from "./returning.ts";
import { isText, originOf, type ToldReport } from "./matching.ts";

/** What reports mean for customers and their addresses, beside the state of the message. */
export interface ReportEffects {
  readonly suppressions: NewRow<"suppressions">[];
  readonly consents: NewRow<"consents">[];
  readonly leaving: Leaving[];
  /** Numbers whose holder wants texts again. */
  readonly returning: Returning[];
  /** Texts from customers, each once, for whoever answers them. */
  readonly texts: InboundText[];
}

export interface InboundText {
  readonly kind: "opt_out" | "opt_in" | "help" | "reply";
  readonly provider: string;
  readonly channel: string;
  readonly from: string;
  readonly text: string | null;
  readonly at: Date;
  /** Everybody with this number; empty when nobody is known by it. */
  readonly customers: readonly string[];
  /** The last message that was sent to it. */
  readonly messageId: string | null;
}

/** Works out the effects; carries nothing out. */
export function effectsOf(told: readonly ToldReport[]): ReportEffects {
  const effects: ReportEffects = {
    suppressions: [],
    consents: [],
    leaving: [],
    returning: [],
    texts: [],
  };
  for (const one of told) {
    if (isText(one.report)) addText(effects, one);
    else addFate(effects, one);
  }
  return effects;
}

/** The provider says what became of a message: the address is dead, or its holder is angry. */
function addFate(effects: ReportEffects, { provider, report, message }: ToldReport): void {
  if (message === null) return;
  const { channel, address, customerId } = message;
  const reason = report.kind === "failed" ? report.because : report.kind;
  if ((reason === "bounced" || reason === "complained") && address !== null) {
    const { code: detail, at } = report;
    effects.suppressions.push({ channel, address, reason, detail, created_at: at });
  }
  if (reason === "complained" || reason === "unsubscribed") {
    const source = `${provider} ${reason}`;
    const consent = { state: "withdrawn", method: "provider_report", source } as const;
    effects.consents.push({
      ...consent,
      customer_id: customerId,
      channel,
      topic: "*",
      occurred_at: report.at,
    });
    effects.leaving.push({ customerId, channel, topic: "*" });
  }
}

/** A customer wrote. STOP and START hold for everybody with that number, and STOP for whoever is imported with it later. */
function addText(effects: ReportEffects, { provider, report, message, writers }: ToldReport): void {
  const { channel, phone } = originOf(report);
  const { kind } = report;
  if (kind !== "opt_out" && kind !== "opt_in" && kind !== "help" && kind !== "reply") return;
  const state = kind === "opt_out" ? "withdrawn" : kind === "opt_in" ? "granted" : undefined;
  for (const customerId of state === undefined ? [] : writers) {
    const said = { channel, topic: "*", method: "sms_keyword", source: provider } as const;
    effects.consents.push({
      ...said,
      customer_id: customerId,
      state: state ?? "withdrawn",
      occurred_at: report.at,
    });
    if (kind === "opt_out") effects.leaving.push({ customerId, channel, topic: "*" });
  }
  if (kind === "opt_out") {
    const reason = "unsubscribed";
    effects.suppressions.push({ channel, address: phone, reason, created_at: report.at });
  }
  if (kind === "opt_in") effects.returning.push({ channel, address: phone, at: report.at });
  effects.texts.push({
    kind,
    provider,
    channel,
    from: phone,
    text: report.detail,
    at: new Date(report.at),
    customers: writers,
    messageId: message?.id ?? null,
  });
}
