import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { firstLogin } from "../../src/cli/login.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aDoor } from "../web/door.ts";

const database = await aDatabase();
const house = { database: async () => database };
beforeEach(() => freshTables(database));
const door = await aDoor(database);
afterAll(() => door.close());

describe("where nobody has logged in yet", () => {
  test("a terminal is shown a link that lets one person in", async () => {
    const way = await firstLogin(house, door.url, true);
    const [, token] =
      /^first login, once within an hour: http.*\/login\?token=(\S+)$/.exec(way ?? "") ?? [];
    const answer = await door.post("/login", `token=${token}`);
    expect(answer.headers.get("location")).toBe("/");
    expect(await firstLogin(house, door.url, true)).toBeUndefined();
  });

  test("a journal is told of the command only, and no link is made", async () => {
    expect(await firstLogin(house, door.url, false)).toBe(
      "nobody has logged in yet: `waypost login` prints a link",
    );
    expect(await database.selectFrom("login_tokens").selectAll().execute()).toEqual([]);
  });
});
