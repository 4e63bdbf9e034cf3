import { sql } from "kysely";
import type { Database } from "../src/database/database.ts";
import type { Scenario } from "./scenario.ts";

/** Tables that every step of a message writes to. */
const tables = ["enrollments", "messages", "claims", "attempts"] as const;
/** One statement in so many. */
const oneIn = 25;

const conflicts: Scenario = {
  name: "conflicts",
  when: `the database refuses one write in ${oneIn}: it could not be serialized, or was in a deadlock`,
  proves: ["G4", "G10"],
  async play(stage) {
    await refuseSome(stage.database);
    const workers = await stage.workers(2);
    await stage.signUp();
    await stage.rest();
    const refused = await refusals(stage.database);
    if (refused === 0) stage.faults.push("expected refused writes, found none");
    if (workers.some(({ isGone }) => isGone)) stage.faults.push("a worker ended by itself");
    stage.notes.push(`${refused} writes refused`);
  },
};

async function refuseSome(database: Database): Promise<void> {
  // A sequence counts what is rolled back, too.
  await sql`create sequence chaos.refusals`.execute(database);
  await sql`
    create function chaos.refuse_some() returns trigger language plpgsql as $$
      begin
        if random() < 1.0 / ${sql.lit(oneIn)} then
          perform nextval('chaos.refusals');
          raise exception using errcode = case when random() < 0.5 then '40001' else '40P01' end, message = 'refused by chaos';
        end if;
        return null;
      end $$`.execute(database);
  for (const table of tables)
    await sql`
      create trigger refuse_some after insert or update or delete on ${sql.id(table)}
        for each statement execute function chaos.refuse_some()`.execute(database);
}

async function refusals(database: Database): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select case when is_called then last_value else 0 end::int as count from chaos.refusals`.execute(
    database,
  );
  return rows[0]?.count ?? 0;
}

export const conflictScenarios: readonly Scenario[] = [conflicts];
