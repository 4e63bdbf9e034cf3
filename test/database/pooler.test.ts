import { sql } from "kysely";
import { expect, onTestFinished, test } from "vitest";
import { type Database, connect } from "../../src/database/database.ts";
import { refusePooler } from "../../src/database/pooler.ts";
import { aDatabase, urlOf } from "../support/database.ts";
import { hasPgBouncer } from "../support/has-pgbouncer.ts";
import { aPooler } from "../support/pooler.ts";

const database = await aDatabase();

test("a server that gives us sessions of our own is taken", async () => {
  await expect(refusePooler(database, "waypost")).resolves.toBeUndefined();
});

test.skipIf(!hasPgBouncer)(
  "a pooler that ignores how a session is set up is refused, so that no installation sees another's tables",
  async () => {
    const pooled = through(await aPooler(urlOf(database), "session"));
    await expect(refusePooler(pooled, "waypost")).rejects.toMatchObject({
      code: "WAYPOST_DATABASE",
      message: expect.stringMatching(
        /expected sessions that search "waypost,public".*PgBouncer/,
      ) as string,
    });
  },
);

test.skipIf(!hasPgBouncer)(
  "so is one that pools by transaction, though the path is set for the database; one by session goes",
  async () => {
    await sql`do $$ begin execute format('alter database %I set search_path = waypost, public', current_database()); end $$`.execute(
      database,
    );
    const bySession = through(await aPooler(urlOf(database), "session"));
    await expect(refusePooler(bySession, "waypost")).resolves.toBeUndefined();
    const byTransaction = through(await aPooler(urlOf(database), "transaction"));
    await expect(refusePooler(byTransaction, "waypost")).rejects.toThrow(
      "expected sessions of our own",
    );
  },
);

function through(url: string): Database {
  const pooled = connect({
    url,
    schema: "waypost",
    maxConnections: 2,
    applicationName: "pooled",
  });
  onTestFinished(() => pooled.destroy());
  return pooled;
}
