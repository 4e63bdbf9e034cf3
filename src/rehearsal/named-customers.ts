import { sql } from "kysely";
import { WaypostError, nearMiss } from "../errors.ts";
import type { Session } from "./copy-table.ts";

/** Throws (WAYPOST_NOT_FOUND) for a name of `--customers` that is no id, no e-mail address and no segment that is kept. */
export async function refuseStrangers(
  session: Session,
  real: string,
  names: readonly string[],
): Promise<void> {
  const { rows: strangers } = await sql<{ name: string }>`
    select name from unnest(${names}::text[]) as named (name)
    where not exists (select from ${sql.id(real, "customers")} where external_id = named.name)
      and not exists (select from ${sql.id(real, "customers")} where email = named.name)
      and not exists (select from ${sql.id(real, "segments")} segment where segment.name = named.name)`.execute(
    session,
  );
  if (strangers.length === 0) return;
  const { rows } = await sql<{ name: string }>`
    select name from ${sql.id(real, "segments")} where removed_at is null order by name`.execute(
    session,
  );
  const kept = rows.map((row) => row.name);
  const told = strangers.map(({ name }) => {
    const meant = nearMiss(name, kept);
    return meant === undefined ? `"${name}"` : `"${name}" (did you mean ${meant}?)`;
  });
  const segments = kept.length === 0 ? "none is applied yet" : kept.join(", ");
  throw new WaypostError(
    "WAYPOST_NOT_FOUND",
    `--customers: expected ids, e-mail addresses or segments, found nobody called ${told.join(", ")}. Segments: ${segments}`,
  );
}
