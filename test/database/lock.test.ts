import { sql } from "kysely";
import { expect, test } from "vitest";
import { lock, lockPatiently, whenAlone } from "../../src/database/lock.ts";
import { aDatabase } from "../support/database.ts";

const database = await aDatabase();

const settingOf = async (name: string, session = database) =>
  (await sql<{ value: string }>`select current_setting(${name}) as value`.execute(session)).rows[0]
    ?.value;

test("the patience is the lock's alone: who got it waits for rows as long as it must", async () => {
  await database.transaction().execute(async (patient) => {
    let waited: Promise<boolean> | undefined;
    await database.transaction().execute(async (other) => {
      await lock(other, "turn");
      waited = lockPatiently(patient, "turn", { patience: "30s", atMost: "30s" });
      await someoneWaits();
    });
    expect(await waited).toBe(true);
    expect(await settingOf("lock_timeout", patient)).toBe("0");
  });
});

test("who gives up goes on with its transaction", async () => {
  await database.transaction().execute(async (other) => {
    await lock(other, "turn");
    await database.transaction().execute(async (patient) => {
      const terms = { patience: "1s", atMost: "30s" } as const;
      expect(await lockPatiently(patient, "turn", terms)).toBe(false);
      expect(await settingOf("lock_timeout", patient)).toBe("0");
    });
  });
});

test("who is stopped between two transactions of its work loses the lock, and others do the work", async () => {
  const taken = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const stopped = whenAlone(
    database,
    "work",
    async () => {
      taken.resolve();
      await over.promise;
    },
    "1s",
  );
  await taken.promise;
  expect(await whenAlone(database, "work", () => Promise.resolve("done"))).toBeUndefined();
  let done: string | undefined;
  while (done === undefined)
    done = await whenAlone(database, "work", () => Promise.resolve("done"));
  over.resolve();
  await expect(stopped).rejects.toThrow("onnection");
});

test("who has done its work may idle again", async () => {
  await database.connection().execute(async (session) => {
    await whenAlone(session, "work", () => Promise.resolve());
    expect(await settingOf("idle_session_timeout", session)).toBe("0");
  });
});

async function someoneWaits(): Promise<void> {
  for (;;) {
    const { rows } = await sql`select from pg_locks where locktype = 'advisory' and not granted
      and database = (select oid from pg_database where datname = current_database())`.execute(
      database,
    );
    if (rows.length > 0) return;
  }
}
