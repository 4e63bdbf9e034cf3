import type { Mistake } from "../errors.ts";
import type { MessageWas } from "./condition.ts";

/** Where something stands in a file: a mistake without its message. */
export type Position = Omit<Mistake, "message">;

/** A name in a file that must exist elsewhere, with where it stands, so that a check across files can point at it. */
export type Reference = { readonly name: string; readonly position: Position } & (
  | { readonly kind: "segment" | "channel" | "topic" }
  | { readonly kind: "template"; readonly by: readonly string[] | "best" }
  /** A step of another journey, or of the same where `journey` is null, that does what is asked about. */
  | {
      readonly kind: "step";
      readonly journey: string | null;
      readonly of: "send" | "call" | "task" | "voucher";
      /** What is asked to have become of a message. */
      readonly was?: MessageWas;
    }
  | { readonly kind: "journey" | "event" | "pool" }
  /** What the newest voucher of the customer holds: there must be a voucher step before. */
  | { readonly kind: "voucher" }
);
