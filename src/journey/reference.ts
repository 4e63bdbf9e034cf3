import type { Mistake } from "../errors.ts";

/** Where something stands in a file: a mistake without its message. */
export type Position = Omit<Mistake, "message">;

/** A name in a file that must exist elsewhere, with where it stands, so that a check across files can point at it. */
export type Reference = { readonly name: string; readonly position: Position } & (
  | { readonly kind: "segment" | "channel" | "topic" }
  | { readonly kind: "template"; readonly by: readonly string[] }
  /** A send step of another journey, or of the same where `journey` is null. */
  | { readonly kind: "step"; readonly journey: string | null }
  | { readonly kind: "journey" }
);
