import type { Database } from "../../src/database/database.ts";
import type { NewRow } from "../../src/database/tables.ts";

/** The instant most stories begin at: a Monday noon in London, on winter time. */
export const monday = new Date("2026-01-12T12:00:00Z");

let count = 0;

/** A customer with an address on every channel, who agreed to everything unless `consent` is false. */
export async function aCustomer(
  database: Database,
  given: Partial<NewRow<"customers">> & { consent?: boolean; since?: Date } = {},
): Promise<string> {
  const { consent = true, since = new Date("2025-01-01T00:00:00Z"), ...columns } = given;
  count += 1;
  const { id } = await database
    .insertInto("customers")
    .values({
      external_id: `c-${count}`,
      email: `person-${count}@example.com`,
      phone: `+4479${String(count).padStart(8, "0")}`,
      first_name: "Ada",
      created_at: since,
      updated_at: since,
      ...columns,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  if (consent) await agree(database, id, { at: since });
  return id;
}

/** What a customer says about messages, from now on: by default that all topics on all channels are welcome. */
export async function agree(
  database: Database,
  customerId: string,
  to: { channel?: string; topic?: string; state?: "granted" | "withdrawn"; at: Date; until?: Date },
): Promise<void> {
  await database
    .insertInto("consents")
    .values({
      customer_id: customerId,
      channel: to.channel ?? "*",
      topic: to.topic ?? "*",
      state: to.state ?? "granted",
      method: "form",
      occurred_at: to.at,
      expires_at: to.until ?? null,
    })
    .execute();
}

/** `minutes(5)` later than `instant`, and so on. */
export function later(
  instant: Date,
  by: { minutes?: number; hours?: number; days?: number; seconds?: number },
): Date {
  const { seconds = 0, minutes = 0, hours = 0, days = 0 } = by;
  return new Date(instant.getTime() + (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
}
