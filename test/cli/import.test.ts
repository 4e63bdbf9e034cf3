import { existsSync, readFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { aDatabase, freshTables } from "../support/database.ts";
import { aTerminal } from "./terminal.ts";

const database = await aDatabase();
const terminal = aTerminal(database);

beforeEach(() => freshTables(database));

const customers = `id,email,first_name,country
c-1,ada@example.com,Ada,GB
c-2,not-an-address,Bert,GB
c-3,cy@example.com,Cy,DE
`;

test("good rows come in, the bad one is told with its line and kept in a file beside it", async () => {
  terminal.write("customers.csv", customers);
  const { code, out } = await terminal.waypost("import", "customers", "customers.csv");
  expect(code).toBe(0);
  expect(out).toMatch(/^3 rows of customers: 2 new, 0 changed, 1 rejected/);
  expect(out).toMatch(/line 3: email: expected an e-mail address .*, got "not-an-address"/);
  expect(out).toContain("1 rejected row, with the reason: ");
  expect(readFileSync(terminal.path("customers.rejected.csv"), "utf8")).toContain("not-an-address");
  expect(await database.selectFrom("customers").selectAll().execute()).toHaveLength(2);
});

test("the same file again changes nothing", async () => {
  terminal.write("customers.csv", customers);
  await terminal.waypost("import", "customers", "customers.csv");
  const again = await terminal.waypost("import", "customers", "customers.csv", "--json");
  expect(again.json()).toMatchObject([{ rows: 3, inserted: 0, updated: 0, rejected: 1 }]);
});

test("a whole file of good rows leaves no side file", async () => {
  terminal.write("good.csv", "id,email\nc-1,ada@example.com\n");
  const { out } = await terminal.waypost("import", "customers", "good.csv");
  expect(out).toBe("1 row of customers: 1 new, 0 changed, 0 rejected, 0 skipped by rule\n");
  expect(existsSync(terminal.path("good.rejected.csv"))).toBe(false);
});

test("a mapping says which column is what", async () => {
  terminal.write("mail.csv", "Nr;Mail\n7;ada@example.com\n");
  terminal.write("map.yaml", "import: customers\ncolumns:\n  Nr: external_id\n  Mail: email\n");
  const { code, err } = await terminal.waypost(
    "import",
    "customers",
    "mail.csv",
    "--map",
    "map.yaml",
  );
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const [ada] = await database.selectFrom("customers").selectAll().execute();
  expect(ada).toMatchObject({ external_id: "7", email: "ada@example.com" });
});

test("a file that is not there is an error with its name", async () => {
  const { code, err } = await terminal.waypost("import", "orders", "nothing.csv");
  expect(code).toBe(1);
  expect(err).toMatch(/^error nothing\.csv: .*\(WAYPOST_IMPORT\)/);
});

test("a hostile name writes no escapes into the terminal", async () => {
  terminal.write("evil.csv", 'id,email\nc-1,"\u001b[2J\u001b]0;owned\u0007"\n');
  const { out } = await terminal.waypost("import", "customers", "evil.csv");
  expect(out).not.toMatch(/[\u0007\u001b]/);
  expect(out).toContain("1 rejected");
});
