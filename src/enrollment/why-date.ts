import { sql } from "kysely";
import type { Start } from "../journey/journey.ts";
import { type HeldDate, comingOf, heldDate } from "./customer-date.ts";
import { zoneFor } from "./due.ts";
import { readDay } from "./local-time.ts";
import type { Case } from "./why-case.ts";

interface Row {
  readonly day: string | null;
  readonly instant: Date | null;
  readonly zone: string | null;
}

/** The customer's own date that a journey starts on, and when its moment comes or came. */
export async function dateSeen(
  { session, customerId, at, zone }: Case,
  start: Extract<Start, { kind: "date" }>,
): Promise<{ readonly holds: boolean; readonly seen: string }> {
  const { day, instant } = heldDate(start.field);
  const { rows } = await sql<Row>`
    select ${day} as day, ${instant} as instant, customer.zone
    from customers customer where customer.id = ${customerId}`.execute(session);
  const [row] = rows;
  const held = row === undefined ? undefined : heldIn(row, start);
  if (held === undefined) return { holds: false, seen: `no customer.${start.field}` };
  const local = zoneFor(start.zone, row?.zone ?? null, zone);
  const coming = comingOf(held, start, at, local).toISOString().slice(0, 16).replace("T", " ");
  const given = row?.day ?? row?.instant?.toISOString().slice(0, 10) ?? "";
  return { holds: true, seen: `customer.${start.field} is ${given}: ${coming} UTC` };
}

function heldIn(
  { day, instant }: Row,
  { repeat }: { readonly repeat: string },
): HeldDate | undefined {
  if (instant !== null) return { instant };
  return day === null ? undefined : { day: readDay(day), yearly: repeat === "yearly" };
}
