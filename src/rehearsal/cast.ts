import { createHash } from "node:crypto";
import { type RawBuilder, sql } from "kysely";
import { recordConsents } from "../customer/consent.ts";
import { ingestBatch } from "../customer/ingest.ts";
import { boundsOf, shareOf } from "../enrollment/share.ts";
import type { Journey } from "../journey/journey.ts";
import { WaypostError } from "../errors.ts";
import type { Rehearsal } from "./rehearsal.ts";
import type { Character, TestCase } from "./test-file.ts";

/** Somebody of a test, and the row they are. */
export interface Player {
  readonly id: string;
  /** The customer's own id, by which programs speak of them. */
  readonly userId: string;
}

/** The players of a case, by name. */
export type Players = ReadonlyMap<string, Player>;

/**
 * Brings the customers of a case in. Arms and holdouts are by a hash of the customer's id, so a customer who is to be on
 * an arm gets an id that the engine's own hash puts there; nothing is overruled. Ids follow from the file, the test and
 * the name, so that a test added elsewhere changes nobody's arm.
 */
export async function bringIn(rehearsal: Rehearsal, test: TestCase, nth: number): Promise<Players> {
  const { database } = rehearsal.engine;
  const players = new Map<string, Player>();
  for (const character of test.cast) {
    const userId = `${nth}/${character.name}`;
    const id = await idFor(rehearsal, test, character);
    const accountId = await accountOf(rehearsal, character, userId);
    await sql`
      insert into customers (id, external_id, account_id, created_at, updated_at) overriding system value
      values (${id}, ${userId}, ${accountId}, ${character.createdAt}, ${character.createdAt})`.execute(
      database,
    );
    players.set(character.name, { id, userId });
  }
  await tellTraits(rehearsal, test, players);
  await recordConsents(
    database,
    test.cast.flatMap(({ name, consents, createdAt }) =>
      consents.map((consent) => ({
        ...consent,
        customer_id: players.get(name)?.id ?? "",
        state: "granted" as const,
        method: "form",
        occurred_at: createdAt,
      })),
    ),
  );
  return players;
}

async function tellTraits(rehearsal: Rehearsal, test: TestCase, players: Players): Promise<void> {
  const { config, database } = rehearsal.engine;
  const said = test.cast.filter(({ traits }) => Object.keys(traits).length > 0);
  const messages = said.map(({ name, traits }) => ({
    type: "identify",
    userId: players.get(name)?.userId,
    timestamp: rehearsal.now.toISOString(),
    traits,
  }));
  const settings = {
    now: rehearsal.now,
    country: config.country,
    zone: config.zone,
    currency: config.currency,
  };
  const { errors } = await ingestBatch(database, messages, settings);
  const [first] = errors;
  if (first === undefined) return;
  throw new WaypostError(
    "WAYPOST_REQUEST",
    `customers.${said[first.index]?.name}: ${first.reason}`,
  );
}

async function idFor(rehearsal: Rehearsal, test: TestCase, character: Character): Promise<string> {
  const base = createHash("sha256")
    .update([test.file, test.title, character.name].join("\n"))
    .digest()
    .readUIntBE(0, 5);
  const journeys = test.journeys.map(({ journey }) => journey);
  const ofAll = rehearsal.engine.config.holdout;
  const wanted = [
    sql<boolean>`${shareOf(sql`id`, "", "holdout")} >= ${ofAll}::float8`,
    ...journeys.flatMap((journey) => [heldOut(journey, character), ...onArms(journey, character)]),
  ];
  const { rows } = await sql<{ id: string }>`
    select id from (select generate_series(${base}::bigint + 1, ${base}::bigint + 1000000) as id) as candidate
    where ${sql.join(wanted, sql` and `)} limit 1`.execute(rehearsal.engine.database);
  const id = rows[0]?.id;
  if (id !== undefined) return id;
  throw new WaypostError(
    "WAYPOST_REQUEST",
    `customers.${character.name}: expected arms that a customer can have, found none among a million; leave the arm out, or give it a weight`,
  );
}

function heldOut({ name, objective }: Journey, { holdout }: Character): RawBuilder<boolean> {
  const share = objective?.holdout ?? 0;
  if (share <= 0) return sql<boolean>`true`;
  const isIn = sql<boolean>`${shareOf(sql`id`, name)} < ${share}::float8`;
  return holdout ? isIn : sql<boolean>`not (${isIn})`;
}

function onArms(journey: Journey, { arms }: Character): readonly RawBuilder<boolean>[] {
  return Object.values(journey.steps).flatMap((step) => {
    const nth =
      step.kind === "split" ? step.arms.findIndex(({ name }) => name === arms[step.id]) : -1;
    if (step.kind !== "split" || nth === -1) return [];
    const bounds = boundsOf(step.arms);
    const share = shareOf(sql`id`, journey.name, step.id);
    return [
      sql<boolean>`${share} >= ${bounds[nth - 1] ?? 0}::float8 and ${share} < ${bounds[nth] ?? 1}::float8`,
    ];
  });
}

async function accountOf(
  rehearsal: Rehearsal,
  { account, createdAt }: Character,
  userId: string,
): Promise<string | null> {
  if (account === null) return null;
  const { attributes = {}, ...columns } = account;
  const row = { external_id: userId, ...columns, attributes: JSON.stringify(attributes) };
  const { id } = await rehearsal.engine.database
    .insertInto("accounts")
    .values({ ...row, created_at: createdAt, updated_at: createdAt })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}
