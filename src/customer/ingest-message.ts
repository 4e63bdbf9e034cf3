import { z } from "zod";
import { isoDates } from "./date-format.ts";
import { type Json, faultOfJson } from "./storable.ts";

/** One thing said over HTTP, in the shape of Segment's spec. */
export type IngestMessage = {
  /** Its place in the batch. */
  readonly index: number;
  readonly userId: string | null;
  readonly anonymousId: string | null;
  /** The caller's own id: the same id twice is the same message. */
  readonly key: string | null;
  readonly at: Date;
  /** Whether it said when. */
  readonly isDated: boolean;
  /** Where it was said: a page's address, and whose. */
  readonly url: string | null;
  readonly ip: string | null;
} & (
  | { readonly type: "identify"; readonly traits: JsonRecord }
  | { readonly type: "track"; readonly event: string; readonly properties: JsonRecord }
);

export type JsonRecord = Readonly<Record<string, Json>>;

/** What is wrong with one item of a batch. */
export interface IngestError {
  readonly index: number;
  /** Inside the item, such as `traits.email`; empty for the item itself. */
  readonly path: string;
  readonly reason: string;
}

const id = z.preprocess(
  (given) => (typeof given === "number" ? String(given) : given),
  z.string().trim().min(1).max(255).nullish(),
);
const json = z.record(z.string(), z.unknown()).superRefine((value, context) => {
  const fault =
    faultOfJson(value) ??
    (JSON.stringify(value).length > 262_144 ? "is larger than 256 KB" : undefined);
  if (fault !== undefined) context.addIssue({ code: "custom", message: fault, input: value });
});
const common = {
  userId: id,
  anonymousId: id,
  messageId: id,
  timestamp: z.union([z.string(), z.number()]).nullish(),
  context: z.looseObject({ ip: z.unknown().optional(), page: z.unknown().optional() }).nullish(),
};
const name = z.string().trim().min(1).max(255);
const schema = z.discriminatedUnion("type", [
  z.looseObject({ type: z.literal("identify"), ...common, traits: json.nullish() }),
  z.looseObject({ type: z.literal("track"), ...common, event: name, properties: json.nullish() }),
  z.looseObject({
    type: z.literal("page"),
    ...common,
    name: z.string().nullish(),
    properties: json.nullish(),
  }),
  z.looseObject({
    type: z.literal("screen"),
    ...common,
    name: z.string().nullish(),
    properties: json.nullish(),
  }),
]);

const readTime = isoDates("UTC");
const day = 86_400_000;

/** Reads one item at the door: a message, or everything that is wrong with it. */
export function readMessage(
  item: unknown,
  index: number,
  now: Date,
): IngestMessage | readonly IngestError[] {
  // zod drops an own "__proto__" without a word; it is an error like any other name that is not allowed.
  const hostile = faultOfJson(item);
  if (hostile !== undefined) return [{ index, path: "", reason: hostile }];
  const parsed = schema.safeParse(item);
  if (!parsed.success)
    return parsed.error.issues.map((issue) => ({
      index,
      path: issue.path.join("."),
      reason: issue.message.replace(/^Invalid input: /, ""),
    }));
  const { data } = parsed;
  const { timestamp } = data;
  const isDated = timestamp !== null && timestamp !== undefined;
  const at = isDated ? timeOf(timestamp) : now;
  const reason = faultOfTime(at, now);
  if (at === undefined || reason !== undefined)
    return [{ index, path: "timestamp", reason: reason ?? "" }];
  const userId = data.userId ?? null;
  const anonymousId = data.anonymousId ?? null;
  if (userId === null && anonymousId === null)
    return [{ index, path: "userId", reason: "expected userId or anonymousId, found neither" }];
  const head = {
    index,
    userId,
    anonymousId,
    key: data.messageId ?? null,
    at,
    isDated,
    ...placeOf(data.context),
  };
  if (data.type === "identify")
    return { ...head, type: "identify", traits: (data.traits ?? {}) as JsonRecord };
  const properties = (data.properties ?? {}) as JsonRecord;
  if (data.type === "track") return { ...head, type: "track", event: data.event, properties };
  const named =
    data.name === null || data.name === undefined ? properties : { name: data.name, ...properties };
  return { ...head, type: "track", event: `${data.type}_viewed`, properties: named };
}

function timeOf(given: string | number): Date | undefined {
  if (typeof given === "string") return readTime(given.trim());
  const time = new Date(given);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function faultOfTime(at: Date | undefined, now: Date): string | undefined {
  if (at === undefined)
    return "expected a time such as 2026-01-31T12:30:00Z, or milliseconds since 1970";
  if (at.getTime() < 0) return `expected a time since 1970, got ${at.toISOString()}`;
  if (at.getTime() > now.getTime() + day)
    return `expected a time at most a day ahead of ours, got ${at.toISOString()}`;
  return undefined;
}

function placeOf(context: { ip?: unknown; page?: unknown } | null | undefined): {
  url: string | null;
  ip: string | null;
} {
  const page = context?.page;
  const url =
    page !== null && typeof page === "object" && "url" in page && typeof page.url === "string"
      ? page.url.slice(0, 2000)
      : null;
  return { url, ip: typeof context?.ip === "string" ? context.ip : null };
}
