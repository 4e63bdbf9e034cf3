import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { House } from "../src/cli/house.ts";
import { readConfig } from "../src/config.ts";
import { openHouse } from "../src/main.ts";
import { callsSecret, readSecrets } from "../src/secret.ts";
import { aDatabase, urlOf } from "./support/database.ts";

const database = await aDatabase();
const folder = mkdtempSync(join(tmpdir(), "waypost-secret-"));
const [old, fresh] = [
  "the secret that has leaked in the old days",
  "the secret of the new days for all of us",
] as const;
const delivery = randomUUID();
const houses: House[] = [];
afterAll(async () => {
  for (const house of houses) await house.close();
  rmSync(folder, { recursive: true, force: true });
});

function aHouse(secret: string): House {
  const environment = {
    DATABASE_URL: urlOf(database),
    WAYPOST_SECRET: secret,
    LOG_LEVEL: "silent",
  };
  const house = openHouse(readConfig(folder, environment));
  houses.push(house);
  return house;
}

/** The token of the link to leave, as a message of this house has it. */
async function linkOf(house: House): Promise<string> {
  const { urls } = await house.composer();
  return urls.unsubscribe(delivery).split("/").at(-1) ?? "";
}

test("with a new secret before the old one, links of old mail work and new mail is signed with the new one", async () => {
  const [before, between, after] = [aHouse(old), aHouse(`${fresh}, ${old}`), aHouse(fresh)];
  const [oldLink, newLink] = [await linkOf(before), await linkOf(between)];
  const reads = async (house: House, link: string) =>
    (await house.site()).tokens.read("unsubscribe", link)?.deliveryId;
  expect(await reads(between, oldLink)).toBe(delivery);
  expect(await reads(between, newLink)).toBe(delivery);
  expect(await reads(after, newLink)).toBe(delivery);
  expect(await reads(after, oldLink)).toBeUndefined();
  expect(await reads(before, newLink)).toBeUndefined();
});

test("calls are signed with a key of the first secret", () => {
  expect(callsSecret([fresh, old])).toBe(callsSecret([fresh]));
  expect(callsSecret([fresh, old])).not.toBe(callsSecret([old]));
});

test("where none is given one is made, once", () => {
  const made = readSecrets(folder, undefined);
  expect(made).toEqual([expect.stringMatching(/^\S{43}$/)]);
  expect(readSecrets(folder, undefined)).toEqual(made);
});
