import type { Json } from "../customer/storable.ts";
import type { NewVoucher } from "../enrollment/voucher-pool.ts";
import type { JourneyFile } from "../journey/read-project.ts";
import type { Beginning } from "./moment.ts";

/** What the project has that tests speak of. */
export interface Project {
  readonly journeys: readonly JourneyFile[];
  readonly channels: readonly string[];
  readonly topics: readonly string[];
  readonly zone: string;
  readonly country: string;
  readonly currency: string;
}

/** What the parts of a test are read with. */
export interface Stage extends Beginning {
  readonly journeys: readonly JourneyFile[];
  readonly channels: readonly string[];
  readonly topics: readonly string[];
  readonly country: string;
  readonly currency: string;
  readonly cast: readonly Character[];
}

/** What there is beside the customers: the codes of pools, and what services answer. */
export interface Props {
  readonly vouchers: Readonly<Record<string, readonly NewVoucher[]>>;
  /** By the id of the call's step; a service that is not here answers with nothing in it. */
  readonly answers: Readonly<Record<string, Answer>>;
}

/** How a service answers a call: well, badly at once, or not at all until the time is up. */
export type Answer =
  | { readonly kind: "answered"; readonly answer: Readonly<Record<string, Json>> }
  | { readonly kind: "fails"; readonly answer: Readonly<Record<string, Json>> | null }
  | { readonly kind: "silent" };

/** A test of journeys as its file tells it: who there is, what happens, and what is to come of it. */
export interface TestCase {
  readonly file: string;
  readonly line: number;
  readonly title: string;
  /** The journeys that are at work; no others are. */
  readonly journeys: readonly JourneyFile[];
  /** When they come into force. `given` is before, `when` after. */
  readonly begins: Date;
  readonly zone: string;
  readonly cast: readonly Character[];
  readonly props: Props;
  readonly given: readonly Happening[];
  readonly when: readonly Happening[];
  readonly then: readonly Expected[];
  /** The last moment that is looked at. Null: passages that began by the last moment named are followed to their end. */
  readonly until: Date | null;
}

/** A customer of a test. */
export interface Character {
  readonly name: string;
  /** Traits, as a program would tell them. */
  readonly traits: Readonly<Record<string, Json>>;
  readonly account: Readonly<Record<string, Json>> | null;
  readonly createdAt: Date;
  readonly consents: readonly { readonly channel: string; readonly topic: string }[];
  /** Which arm of which split is to be theirs, by the id of the split. */
  readonly arms: Readonly<Record<string, string>>;
  readonly holdout: boolean;
}

/** What the people of a test do with a message they got. */
export const messageActs = [
  "receives",
  "opens",
  "clicks",
  "bounces",
  "fails",
  "complains",
  "unsubscribes",
] as const;
export type MessageAct = (typeof messageActs)[number];

/** Something that happens to or by a customer. */
export type Happening = {
  readonly at: Date;
  readonly line: number;
  readonly customer: string;
} & (
  | {
      readonly kind: "event";
      readonly event: string;
      readonly properties: Readonly<Record<string, Json>>;
    }
  /** The last message there is, unless a template or a step is named. */
  | {
      readonly kind: "message";
      readonly act: MessageAct;
      readonly message: string | null;
      readonly link: string | null;
    }
  | { readonly kind: "traits"; readonly traits: Readonly<Record<string, Json>> }
  | {
      readonly kind: "consent";
      readonly state: "granted" | "withdrawn";
      readonly channel: string;
      readonly topic: string;
    }
  /** An agent is done with the customer's task: the oldest that has this outcome, unless a step is named. */
  | { readonly kind: "task"; readonly outcome: string; readonly task: string | null }
);

export const passageStates = [
  "enters",
  "stays out",
  "waits",
  "completes",
  "exits",
  "is held",
  "converts",
] as const;
export type PassageState = (typeof passageStates)[number];

/** What must have come of it. Every message counts: one that no line expects fails the test. */
export type Expected = {
  readonly line: number;
  readonly customer: string;
  readonly at: Date | null;
} & (
  | {
      readonly kind: "message";
      readonly template: string;
      readonly by: string | null;
      readonly subject: string | null;
      readonly says: readonly string[];
      /** A part of the reason why it was not sent; null when it was. */
      readonly refused: string | null;
    }
  | {
      readonly kind: "passage";
      readonly state: PassageState;
      readonly journey: string;
      /** Of an exit, or of a hold: a part of it. */
      readonly as: string | null;
      /** Where the customer waits. */
      readonly step: string | null;
    }
);

/** The last moment that a test speaks of: so far the clock brings anybody in. */
export function lastNamed({ begins, when, then, until }: TestCase): Date {
  const named = [...when, ...then].flatMap(({ at }) => at?.getTime() ?? []);
  return until ?? new Date(Math.max(begins.getTime(), ...named));
}
