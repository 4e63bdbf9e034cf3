import { beforeEach, expect, test } from "vitest";
import { aDatabase, freshTables } from "../support/database.ts";
import { recordConsents } from "../../src/customer/consent.ts";
import { aFile, importing, now, rejectedLines } from "./files.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const customers = () => database.selectFrom("customers").selectAll().orderBy("id").execute();

test("a file of customers comes in, cleaned", async () => {
  const file = aFile([
    "Customer ID,E-Mail,First Name,Surname,Mobile,Country,Birthday,Time zone,Language,Shoe size",
    "c-1, Ann@Example.COM ,Ann,O'Neil,07400 123456,EIRE,1980-02-29,Europe/Dublin,en_GB,38",
  ]);
  // An Irish customer's number without a country code is an Irish one, which this is not.
  expect((await importing(database, "customers", file)).rejected).toBe(1);
  const mended = aFile([
    "Customer ID,E-Mail,First Name,Surname,Mobile,Country,Birthday,Time zone,Language,Shoe size",
    "c-1, Ann@Example.COM ,Ann,O'Neil,085 012 3456,EIRE,1980-02-29,Europe/Dublin,en_GB,38",
  ]);
  const report = await importing(database, "customers", mended);
  expect(report).toMatchObject({
    rows: 1,
    rejected: 0,
    inserted: 1,
    updated: 0,
    rejectsFile: null,
  });
  expect(await customers()).toMatchObject([
    {
      external_id: "c-1",
      email: "ann@example.com",
      phone: "+353850123456",
      first_name: "Ann",
      last_name: "O'Neil",
      country: "IE",
      birthday: "1980-02-29",
      zone: "Europe/Dublin",
      locale: "en-GB",
      attributes: { "Shoe size": 38 },
    },
  ]);
});

test("the same file twice changes nothing, not even updated_at", async () => {
  const file = aFile([
    "id,email,tier",
    "1,ann@example.com,gold",
    "2,bob@example.com,",
    ",cy@example.com,silver",
  ]);
  await importing(database, "customers", file);
  const before = await customers();
  const report = await importing(database, "customers", file, {
    now: new Date(now.getTime() + 60_000),
  });
  expect(report).toMatchObject({ rows: 3, inserted: 0, updated: 0 });
  expect(await customers()).toEqual(before);
  expect(
    await database
      .selectFrom("imports")
      .select(["rows", "inserted", "updated"])
      .orderBy("id")
      .execute(),
  ).toEqual([
    { rows: "3", inserted: "3", updated: "0" },
    { rows: "3", inserted: "0", updated: "0" },
  ]);
});

test("rows of one customer become one; later fields win, empty ones erase nothing", async () => {
  const file = aFile([
    "id,email,first_name,city,tier,size",
    "1,ann@example.com,Ann,Leeds,gold,L",
    "1,,Anne,,silver,",
  ]);
  expect(await importing(database, "customers", file)).toMatchObject({ rows: 2, inserted: 1 });
  await importing(database, "customers", aFile(["id,city,colour", "1,York,red"]));
  expect(await customers()).toMatchObject([
    {
      first_name: "Anne",
      email: "ann@example.com",
      city: "York",
      attributes: { tier: "silver", size: "L", colour: "red" },
    },
  ]);
});

test("customers without an id are known by e-mail address, then by telephone number", async () => {
  await importing(
    database,
    "customers",
    aFile([
      "email,phone,city",
      "ann@example.com,07400 123456,Leeds",
      "ANN@example.com,,York",
      ",+447400123456,Bath",
    ]),
  );
  expect(await customers()).toMatchObject([
    { email: "ann@example.com", phone: "+447400123456", city: "Bath" },
  ]);
  await importing(database, "customers", aFile(["phone,city", "07400 123456,Hull"]));
  expect(await customers()).toMatchObject([{ city: "Hull" }]);
});

test("a household's telephone number does not make two people one", async () => {
  await importing(
    database,
    "customers",
    aFile(["email,phone", "ann@example.com,07400 123456", "bob@example.com,07400 123456"]),
  );
  expect((await customers()).map(({ email }) => email)).toEqual([
    "ann@example.com",
    "bob@example.com",
  ]);
});

test("a row with an id takes over the customer known by its address alone; a second id with the address is another customer", async () => {
  await importing(database, "customers", aFile(["email,city", "ann@example.com,Leeds"]));
  await importing(
    database,
    "customers",
    aFile(["id,email", "c-1,ann@example.com", "c-2,ann@example.com"]),
  );
  expect(await customers()).toMatchObject([
    { external_id: "c-1", city: "Leeds" },
    { external_id: "c-2", city: null },
  ]);
});

test("an address alone joins the row with that address and an id, wherever it stands in the file", async () => {
  await importing(
    database,
    "customers",
    aFile(["id,email,city", ",ann@example.com,Leeds", "c-1,ann@example.com,"]),
  );
  expect(await customers()).toMatchObject([{ external_id: "c-1", city: "Leeds" }]);
});

test("each bad row is reported with its line and reasons, and the good rows are kept", async () => {
  const file = aFile([
    "id,email,phone,birthday,country",
    "1,ann@example.com,,,",
    "2,ann@,12345,2027-01-01,Atlantis",
    ",,,,",
    "4,dan@example.com,,1985-04-31,",
  ]);
  const report = await importing(database, "customers", file);
  expect(report).toMatchObject({ rows: 4, rejected: 3, inserted: 1 });
  const lines = rejectedLines(report);
  expect(lines[0]).toBe("rejected_line,rejected_reason,id,email,phone,birthday,country");
  expect(lines[1]).toMatch(
    /^3,"email: expected an e-mail address.*birthday: expected a birthday.*country: expected a country.*phone: expected.*",2,ann@,12345,2027-01-01,Atlantis$/,
  );
  expect(lines[2]).toMatch(/^4,"no customer: .*id is empty, email is empty, phone is empty",,,,,$/);
  expect(lines[3]).toMatch(/^5,.*birthday: expected a date written as/);
});

test("the side file, mended, is imported like the file itself", async () => {
  const report = await importing(database, "customers", aFile(["id,email,note", "=1,ann,-5"]));
  const [header, row] = rejectedLines(report);
  expect(row).toMatch(/,'=1,ann,'-5$/);
  const mended = aFile([header ?? "", (row ?? "").replace(",ann,", ",ann@example.com,")]);
  expect(await importing(database, "customers", mended)).toMatchObject({
    inserted: 1,
    rejected: 0,
  });
  expect(await customers()).toMatchObject([
    { external_id: "=1", email: "ann@example.com", attributes: { note: -5 } },
  ]);
});

test("a clean run takes away the side file of an earlier one", async () => {
  const rejectsFile = aFile("old");
  const report = await importing(database, "customers", aFile(["id", "1"]), { rejectsFile });
  expect(report.rejectsFile).toBeNull();
  await expect(importing(database, "customers", rejectsFile)).rejects.toThrow(
    "expected a file that can be read",
  );
});

test("a side file that cannot be written, or is the file itself, is an error and nothing is taken", async () => {
  const file = aFile(["id,email", "1,ann@"]);
  await expect(
    importing(database, "customers", file, { rejectsFile: "/nowhere/at/all.csv" }),
  ).rejects.toThrow(/ENOENT.*nowhere/);
  await expect(importing(database, "customers", file, { rejectsFile: file })).rejects.toThrow(
    "expected another file for the rejected rows",
  );
  expect(await customers()).toEqual([]);
});

test("an unknown column is kept as an attribute, with the field it may have been meant for", async () => {
  const report = await importing(database, "customers", aFile(["id,emial", "1,ann@example.com"]));
  expect(report.notes).toEqual([
    'column "emial" is no field of customers and is kept as attributes.emial; did you mean "email"?',
  ]);
  expect(await customers()).toMatchObject([
    { email: null, attributes: { emial: "ann@example.com" } },
  ]);
});

test("attributes keep numbers and truths as such, and leading zeros as text", async () => {
  await importing(database, "customers", aFile(["id,a,b,c,d,e", "1,42,007,true,1.50,4e2"]));
  expect((await customers())[0]?.attributes).toEqual({
    a: 42,
    b: "007",
    c: true,
    d: "1.50",
    e: "4e2",
  });
});

test("zones are those the database knows, in their own spelling", async () => {
  const report = await importing(
    database,
    "customers",
    aFile(["id,zone", "1,europe/london", "2,Mars/Phobos", "3,+01:00"]),
  );
  expect(report).toMatchObject({ inserted: 1, rejected: 2 });
  expect(await customers()).toMatchObject([{ zone: "Europe/London" }]);
});

test("hostile cells and headers are data or are refused, and do nothing", async () => {
  const file = aFile([
    "id,first_name,__proto__,constructor,x",
    "1,Robert'); DROP TABLE customers;--,{},y,\\N",
    "2,nul\0l,,,",
    "3,back\\slash\\.,,,tab",
  ]);
  const report = await importing(database, "customers", file);
  expect(report.notes).toHaveLength(3);
  expect(report).toMatchObject({
    inserted: 2,
    rejected: 1,
    examples: [{ line: 3, reason: expect.stringContaining("NUL") as string }],
  });
  expect((await customers()).map((row) => row.first_name)).toEqual([
    "Robert'); DROP TABLE customers;--",
    "back\\slash\\.",
  ]);
  expect(({} as Record<string, unknown>)["y"]).toBeUndefined();
});

test("a file without consent columns gives no consent", async () => {
  await importing(database, "customers", aFile(["id,email,newsletter", "1,ann@example.com,yes"]));
  expect(await database.selectFrom("consents").selectAll().execute()).toEqual([]);
});

test("consent columns write consents once, with the file as their source", async () => {
  const file = aFile([
    "id,consent.email.offers,consent_sms,consent.at",
    "1,yes,no,2026-01-05T10:00:00Z",
    "2,,yes,2026-01-06T10:00:00Z",
  ]);
  expect((await importing(database, "customers", file)).consents).toBe(3);
  expect((await importing(database, "customers", file)).consents).toBe(0);
  expect(
    await database
      .selectFrom("consents")
      .select(["channel", "topic", "state", "method", "source"])
      .orderBy("id")
      .execute(),
  ).toEqual([
    { channel: "email", topic: "offers", state: "granted", method: "import", source: file },
    { channel: "sms", topic: "*", state: "withdrawn", method: "import", source: file },
    { channel: "sms", topic: "*", state: "granted", method: "import", source: file },
  ]);
});

test("a consent dated ahead is of now, and does not come back with the file after a withdrawal", async () => {
  const file = aFile(["id,consent.email.offers,consent.at", "1,yes,2026-11-20T18:00:00Z"]);
  await importing(database, "customers", file);
  const consents = () =>
    database
      .selectFrom("current_consents")
      .select(["customer_id", "state", "occurred_at"])
      .execute();
  const [given] = await consents();
  expect(given).toMatchObject({ state: "granted", occurred_at: now });
  const withdrawn = {
    channel: "email",
    topic: "offers",
    state: "withdrawn",
    method: "one_click",
  } as const;
  const minutesLater = (minutes: number) => new Date(now.getTime() + minutes * 60_000);
  await recordConsents(database, [
    { ...withdrawn, customer_id: given?.customer_id ?? "", occurred_at: minutesLater(30) },
  ]);
  await importing(database, "customers", file, { now: minutesLater(60) });
  expect(await consents()).toMatchObject([{ state: "withdrawn" }]);
});

test("an old list without dates does not bring back a customer who left since", async () => {
  const file = aFile(["id,consent.email.offers", "1,yes"]);
  await importing(database, "customers", file);
  const [customer] = await customers();
  const later = new Date(now.getTime() + 1000);
  await recordConsents(database, [
    {
      customer_id: customer?.id ?? "",
      channel: "*",
      topic: "*",
      state: "withdrawn",
      method: "preferences",
      occurred_at: later,
    },
  ]);
  const report = await importing(database, "customers", file, {
    now: new Date(now.getTime() + 86_400_000),
  });
  expect(report.consents).toBe(0);
  expect(report.notes[0]).toContain("1 consents were not taken");
});

test("NDJSON comes in too, with its bad lines aside", async () => {
  const file = aFile(
    [
      '{"id": 1, "email": "ann@example.com", "attributes": {"tier": "gold"}, "consent": {"email": {"offers": true}}}',
      "not json",
      '["list"]',
      '{"id": "2", "__proto__": {"x": 1}}',
      '{"id": "3", "tags": ["a", "b"]}',
    ],
    "ndjson",
  );
  const report = await importing(database, "customers", file);
  expect(report).toMatchObject({ rows: 5, inserted: 2, rejected: 3, consents: 1 });
  expect(await customers()).toMatchObject([
    { external_id: "1", attributes: { tier: "gold" } },
    { external_id: "3", attributes: { tags: ["a", "b"] } },
  ]);
  expect(rejectedLines(report)[2]).toMatch(/^\{"rejected_line":4,"rejected_reason":".*","id": "2"/);
});

test("customers over several batches are each there once", async () => {
  const rows = Array.from(
    { length: 45_000 },
    (_, n) => `c${n % 30_000},c${n % 30_000}@example.com`,
  );
  const phases: string[] = [];
  const report = await importing(database, "customers", aFile(["id,email", ...rows]), {
    onProgress: ({ phase }) => void phases.push(phase),
  });
  expect(report).toMatchObject({ rows: 45_000, inserted: 30_000 });
  expect(phases.filter((phase) => phase === "merging").length).toBeGreaterThan(1);
});
