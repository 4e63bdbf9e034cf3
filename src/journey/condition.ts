import type { Duration } from "../duration.ts";

/** A value an operator can compare with. Money ("50 EUR") is its amount; a duration stays a duration. */
export type Value = string | number | boolean | null | Duration;

/** One comparison. All comparisons of a test must hold. `exists` takes a boolean, `in`/`not_in` a list. */
export interface Comparison {
  readonly op:
    | "eq"
    | "ne"
    | "gt"
    | "gte"
    | "lt"
    | "lte"
    | "in"
    | "not_in"
    | "contains"
    | "starts_with"
    | "exists"
    | "before"
    | "after"
    | "within";
  readonly value: Value | readonly Value[];
}
export type Test = readonly Comparison[];

/** What a message can have been, for `message: { step, was }`. Opens and clicks count people only, never machines. */
export type MessageWas =
  | "sent"
  | "delivered"
  | "opened"
  | "clicked"
  | "bounced"
  | "failed"
  | "suppressed"
  | "unsubscribed";

/** What can have become of a voucher. */
export type VoucherWas = "handed_out" | "redeemed" | "expired";

/**
 * A test on a customer as data, parsed from YAML and compiled to SQL in `audience/`. There is no other evaluator.
 * `within` is a window that ends at the evaluation's `now`.
 */
export type Condition =
  | { readonly kind: "all"; readonly of: readonly Condition[] }
  | { readonly kind: "any"; readonly of: readonly Condition[] }
  | { readonly kind: "not"; readonly of: Condition }
  /** `customer.country: GB`; a field is a column of the table or `attributes.<key>`. */
  | { readonly kind: "customer" | "account"; readonly field: string; readonly test: Test }
  /** `event: page_viewed, count: { gte: 3 }, within: 7 days, where: { path: { starts_with: /shop } }` */
  | {
      readonly kind: "event";
      readonly name: string;
      /** Default: at least one. */
      readonly count: Test;
      readonly within: Duration | null;
      readonly where: Readonly<Record<string, Test>>;
      /** When the first / last such event happened. */
      readonly first: Test | null;
      readonly last: Test | null;
    }
  /** `orders: { count: 1, total: { gte: 100 }, within: 1 year, where: { product.category: shoes } }` */
  | {
      readonly kind: "orders";
      readonly count: Test | null;
      readonly total: Test | null;
      readonly within: Duration | null;
      /** Keys: `status`, `currency`, `total`, `product.<field>`, `line.quantity`, `line.unit_price`, `attributes.<key>`. */
      readonly where: Readonly<Record<string, Test>>;
      readonly first: Test | null;
      readonly last: Test | null;
    }
  | { readonly kind: "segment"; readonly name: string }
  /** Whether the customer allows this topic on this channel at `now`. */
  | {
      readonly kind: "consent";
      readonly channel: string;
      readonly topic: string;
      readonly granted: boolean;
    }
  /** Messages of the same journey unless `journey` names another. */
  | {
      readonly kind: "message";
      readonly journey: string | null;
      readonly step: string | null;
      readonly was: MessageWas;
      readonly within: Duration | null;
    }
  /** Properties of the event that started the enrollment: `entry.total: { gte: 50 }`. */
  | { readonly kind: "entry"; readonly field: string; readonly test: Test }
  /** What a `call` step of this enrollment was answered: `call.<step>.<path>: { gte: 50 }`. Never asked outside a journey. */
  | { readonly kind: "answer"; readonly step: string; readonly field: string; readonly test: Test }
  /** The outcome of a `task` step of this enrollment: `task.<step>: reached`. */
  | { readonly kind: "task"; readonly step: string; readonly test: Test }
  /** Vouchers of that step of this enrollment; without a step, any the customer was ever given. */
  | {
      readonly kind: "voucher";
      readonly step: string | null;
      readonly was: VoucherWas;
      readonly within: Duration | null;
    }
  /** In segments only. An SQL boolean expression over the alias `customer` and the parameter `:now`; read-only role, statement timeout. */
  | { readonly kind: "sql"; readonly sql: string };

/** The tests of a condition, wherever in it they stand. */
export function testsIn(
  condition: Condition,
): readonly Exclude<Condition, { kind: "all" | "any" | "not" }>[] {
  switch (condition.kind) {
    case "all":
    case "any":
      return condition.of.flatMap(testsIn);
    case "not":
      return testsIn(condition.of);
    default:
      return [condition];
  }
}
