import type { Transaction } from "kysely";
import type { JourneysState, Tables } from "../database/tables.ts";
import type { Version } from "./version.ts";

/** One journey and customer, as the pieces of a trace are asked for. */
export interface Case {
  readonly session: Transaction<Tables>;
  readonly customerId: string;
  readonly version: Version & {
    readonly state: JourneysState;
    readonly number: number;
    readonly createdAt: Date;
  };
  readonly at: Date;
  readonly rewound: boolean;
  readonly zone: string;
  readonly holdout: number;
}

/** As traces write it: they are read beside logs and rows, which are in UTC too. */
export function instant(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
