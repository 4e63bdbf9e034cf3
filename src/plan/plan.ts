import type { Applied } from "../enrollment/apply.ts";
import type { Journey, StepId } from "../journey/journey.ts";
import type { Difference } from "./audience.ts";
import type { JourneyChange } from "./diff-journey.ts";
import type { SegmentPlan } from "./diff-segments.ts";
import type { Guess } from "./branch-share.ts";
import type { TemplatePlan } from "./diff-templates.ts";
import type { EventHistory } from "./event-history.ts";
import type { InFlight } from "./in-flight.ts";
import type { MessagePrice } from "./price-message.ts";

/**
 * What `apply` would do, and what would come of it: made against the connected database, without changing anything in it.
 * Counts are exact where time sufficed and say so; what is to come is always an estimate.
 */
export interface Plan {
  readonly at: Date;
  /** How many days it looks ahead. */
  readonly days: number;
  readonly journeys: readonly JourneyPlan[];
  readonly segments: readonly SegmentPlan[];
  /** Templates that are others than at the last apply. */
  readonly templates: readonly TemplatePlan[];
  readonly seconds: number;
}

export interface JourneyPlan {
  readonly journey: string;
  /** Null where it is gone. */
  readonly file: string | null;
  readonly outcome: Applied["outcome"];
  /** The version in force; null before the first. */
  readonly version: number | null;
  /** The journey as it is and as it will be. */
  readonly before: Journey | null;
  readonly after: Journey | null;
  /** Null where the definition stays. */
  readonly change: JourneyChange | null;
  readonly audience: AudiencePlan | null;
  readonly inFlight: readonly InFlight[];
  readonly messages: MessagesPlan | null;
  readonly objective: ObjectivePlan | null;
  /** Why `apply` would refuse it, and all else with it. */
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
}

/** Who enters. */
export interface AudiencePlan {
  /** Members now and under the change; null for starts by event or request. */
  readonly members: Difference | null;
  readonly events: EventHistory | null;
  /** As soon as it is applied. */
  readonly atOnce: number;
  /** The start is another: what it would have let in before the apply is passed over. */
  readonly anew: boolean;
  /** Within the horizon, those left alone included, and on a day on average. */
  readonly entering: number;
  readonly perDay: number;
  /** The next days on which a schedule or a date lets customers in. */
  readonly occurrences: readonly { readonly at: Date; readonly customers: number }[];
  /** Those among them whom other journeys let in by an `enter` step. */
  readonly byOthers: readonly { readonly journey: string; readonly customers: number }[];
  /** Share of those entering who are left alone. */
  readonly holdout: number;
}

export interface ChannelForecast {
  readonly channel: string;
  readonly messages: number;
  readonly segments: number | null;
  readonly cost: number | null;
  readonly currency: string | null;
  /** By day, on the shop's clocks. */
  readonly perDay: Readonly<Record<string, number>>;
}

/** What would be sent within the horizon, to those who enter and those who are inside. */
export interface MessagesPlan {
  readonly channels: readonly ChannelForecast[];
  readonly steps: readonly {
    readonly step: StepId;
    readonly template: string;
    readonly reached: number;
    readonly by: Readonly<Record<string, number>>;
  }[];
  readonly prices: readonly MessagePrice[];
  /** Messages that are not sent, by reason. */
  readonly lost: Readonly<Record<string, number>>;
  /** Messages that wait for the permitted hours. */
  readonly delayed: number;
  /** How many customers were asked whether they can be reached; 0 when that was not found out. */
  readonly sample: number;
  /** How many caps its messages may fall under. What customers have had takes places, and what is foreseen of this journey. */
  readonly caps: number;
  /** Steps whose branches are guessed, because too few have been there. */
  readonly guessed: readonly Guess[];
}

export interface ObjectivePlan {
  readonly goal: string;
  readonly target: number;
  readonly holdout: number;
  /** The share that reaches the goal without the journey, and how that is known. */
  readonly base: number | null;
  readonly baseBy: "holdout" | "past" | "unknown";
  /** Customers it takes to tell the target from the base, messaged and left alone together. */
  readonly customers: number | null;
  /** Days until so many have entered and had their time. */
  readonly days: number | null;
}

/** Whether `apply` would do anything, if only note that somebody looked at other templates. */
export function hasChanges({ journeys, segments, templates }: Plan): boolean {
  return (
    journeys.some((one) => one.outcome !== "unchanged" || isMoving(one)) ||
    segments.some(({ outcome }) => outcome !== "unchanged") ||
    templates.some((one) => one.journeys.length > 0)
  );
}

function isMoving({ inFlight }: JourneyPlan): boolean {
  return inFlight.some(({ fate }) => fate === "moves" || fate === "exits" || fate === "stranded");
}

/** Whether `apply` would refuse what the files say. */
export function isRefused({ journeys }: Plan): boolean {
  return journeys.some(({ refusals }) => refusals.length > 0);
}
