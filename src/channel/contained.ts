import { z } from "zod";
import { reasonOf } from "../errors.ts";
import type { Outcome, Provider, ReportsRead } from "./channel.ts";
import { untrustedText } from "./untrusted-text.ts";

/** How long after its deadline a provider may still settle by itself, and say more than we could. */
const graceMs = 1000;
const closeWithinMs = 5000;

/**
 * A provider that cannot harm the engine, whatever its code does: what throws, is not an outcome or outlives its deadline
 * is `unknown`, since nobody can say what it did before. What it reports is checked the same way.
 */
export function contained(provider: Provider): Provider {
  const { lookUp, check, readReports } = provider;
  return {
    name: provider.name,
    async send(message, signal) {
      const settled = await settle(() => provider.send(message, signal), signal);
      const outcome =
        settled.kind === "value" ? outcomeIn(settled.value) : unknown(settled.kind, settled.detail);
      return without(message.to, outcome);
    },
    ...(check !== undefined && {
      async check(signal) {
        const settled = await settle(() => check.call(provider, signal), signal);
        if (settled.kind !== "value") return settled.detail;
        return typeof settled.value === "string" ? untrustedText(settled.value) : undefined;
      },
    }),
    ...(lookUp !== undefined && {
      async lookUp(message, signal) {
        const settled = await settle(() => lookUp.call(provider, message, signal), signal);
        const outcome =
          settled.kind === "value" ? outcomeSchema.safeParse(settled.value) : undefined;
        return outcome?.success === true ? outcome.data : undefined;
      },
    }),
    ...(readReports !== undefined && {
      readReports(request) {
        try {
          return reportsIn(readReports.call(provider, request));
        } catch (thrown) {
          return { kind: "forged", detail: `${provider.name}: ${untrustedText(reasonOf(thrown))}` };
        }
      },
    }),
    async close() {
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(), closeWithinMs);
      await settle(() => provider.close(), deadline.signal, 0);
      clearTimeout(timer);
    },
  };
}

type Settled =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "threw" | "deadline"; readonly detail: string };

function settle(work: () => unknown, signal: AbortSignal, grace = graceMs): Promise<Settled> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const end = (settled: Settled): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      resolve(settled);
    };
    const onAbort = (): void => {
      timer = setTimeout(
        () => end({ kind: "deadline", detail: "the provider did not settle after its deadline" }),
        grace,
      );
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    new Promise((run) => run(work())).then(
      (value: unknown) => end({ kind: "value", value }),
      (thrown: unknown) => end({ kind: "threw", detail: untrustedText(reasonOf(thrown)) }),
    );
  });
}

const text = z.string().transform((value) => untrustedText(value));
const outcomeSchema: z.ZodType<Outcome> = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("accepted"), receipt: text.nullable() }),
  z.object({
    kind: z.literal("later"),
    code: text,
    detail: text,
    retryAfterMs: z.number().min(0).nullable(),
    counted: z.boolean(),
    throttle: z.boolean(),
    unconnected: z.boolean().optional(),
  }),
  z.object({
    kind: z.literal("refused"),
    of: z.enum(["message", "address", "customer"]),
    code: text,
    detail: text,
  }),
  z.object({ kind: z.literal("unknown"), code: text, detail: text }),
  z.object({ kind: z.literal("misconfigured"), code: text, detail: text }),
]);

function outcomeIn(value: unknown): Outcome {
  const parsed = outcomeSchema.safeParse(value);
  return parsed.success
    ? parsed.data
    : unknown("garbage", `the provider returned no outcome: ${z.prettifyError(parsed.error)}`);
}

/** Whatever the provider's code quotes: what is kept of it does not say where the customer is reached. */
function without(address: string, outcome: Outcome): Outcome {
  return "detail" in outcome
    ? { ...outcome, detail: untrustedText(outcome.detail, [address]) }
    : outcome;
}

function unknown(code: string, detail: string): Outcome {
  return { kind: "unknown", code, detail: untrustedText(detail) };
}

const reportSchema = z.object({
  eventId: z.string().min(1).max(300),
  deliveryId: z.string().nullable(),
  receipt: text.nullable(),
  kind: z.enum([
    "accepted",
    "delivered",
    "deferred",
    "bounced",
    "blocked",
    "throttled",
    "quiet_hours",
    "misconfigured",
    "failed",
    "opened",
    "clicked",
    "complained",
    "unsubscribed",
    "opt_out",
    "opt_in",
    "help",
    "reply",
    "other",
  ]),
  because: z.enum(["unsubscribed", "complained"]).optional(),
  at: z.date(),
  from: text.nullable(),
  code: text.nullable(),
  detail: text.nullable(),
  url: z.string().max(4000).nullable(),
  machine: z.boolean(),
});
const readSchema = z.object({
  kind: z.literal("read"),
  reports: z.array(z.unknown()),
  unread: z.array(text),
});

/** One report that is none goes among the unread; the others stay. */
function reportsIn(value: ReportsRead): ReportsRead {
  if (value.kind === "forged") return { kind: "forged", detail: untrustedText(value.detail) };
  const read = readSchema.parse(value);
  const parsed = read.reports.map((report) => reportSchema.safeParse(report));
  return {
    kind: "read",
    reports: parsed.flatMap((report) => (report.success ? [report.data] : [])),
    unread: [
      ...read.unread,
      ...parsed.flatMap((report) =>
        report.success ? [] : [untrustedText(z.prettifyError(report.error))],
      ),
    ],
  };
}
