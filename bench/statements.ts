import { sql } from "kysely";
import type { Database } from "../src/database/database.ts";
import { startEmbedded } from "../src/database/embedded.ts";
import { runSql, withDatabase } from "../test/support/server.ts";

const shown = 8;

/** Prepares the database server to keep account of its statements; it has to be started anew for that. */
export async function countStatements(folder: string): Promise<void> {
  const server = await startEmbedded({ folder });
  await runSql(server.url, "alter system set shared_preload_libraries = 'pg_stat_statements'");
  await runSql(server.url, "alter system set pg_stat_statements.track_planning = on");
  // What new databases are made of.
  await runSql(withDatabase(server.url, "template1"), "create extension pg_stat_statements");
  await server.stop();
}

/** The statements that took the database most time, planning and execution apart. */
export async function topStatements(database: Database): Promise<string> {
  const { rows } = await sql<Record<"calls" | "plan" | "execute" | "query", string>>`
    select calls, total_plan_time::int as plan, total_exec_time::int as execute,
           left(regexp_replace(query, '\\s+', ' ', 'g'), 110) as query
    from public.pg_stat_statements
    where dbid = (select oid from pg_database where datname = current_database())
    order by total_plan_time + total_exec_time desc limit ${shown}`.execute(database);
  return rows
    .map(
      ({ calls, plan, execute, query }) =>
        `  ${`${calls}×`.padStart(7)} planned in ${plan} ms, executed in ${execute} ms: ${query}`,
    )
    .join("\n");
}
