import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { aDatabase, freshTables } from "../support/database.ts";
import { aFile, aMapping, importing, now, rejectedLines } from "./files.ts";

const database = await aDatabase();
beforeEach(() => freshTables(database));

const mapping = fileURLToPath(new URL("../../mappings/online-retail.yaml", import.meta.url));
const header = "InvoiceNo,InvoiceDate,CustomerID,Country,Quantity,UnitPrice";
const orders = () => database.selectFrom("orders").selectAll().orderBy("external_id").execute();
const lines = () =>
  database
    .selectFrom("order_lines as l")
    .innerJoin("orders as o", "o.id", "l.order_id")
    .leftJoin("products as p", "p.id", "l.product_id")
    .select([
      "o.external_id as number",
      "l.line",
      "p.external_id as product",
      "l.quantity",
      "l.unit_price",
    ])
    .orderBy("o.external_id")
    .orderBy("l.line")
    .execute();
const later = { now: new Date(now.getTime() + 60_000) };

describe("the invoices of the shop, through the mapping that comes with Waypost", () => {
  test("two rows of one invoice a minute apart are one order of two lines", async () => {
    const file = aFile([
      header,
      "536591,12/1/2010 16:57,14606,United Kingdom,81,2.7826",
      "536591,12/1/2010 16:58,14606,United Kingdom,12,3.89",
    ]);
    expect(await importing(database, "orders", file, { mapping })).toMatchObject({
      rows: 2,
      inserted: 1,
      customers: { inserted: 1 },
    });
    expect(await orders()).toMatchObject([
      {
        external_id: "536591",
        total: "272.0706",
        currency: "GBP",
        status: "completed",
        ordered_at: new Date("2010-12-01T16:57:00Z"),
      },
    ]);
    expect(await lines()).toMatchObject([
      { line: 1, quantity: "81.0000" },
      { line: 2, quantity: "12.0000" },
    ]);
  });

  test("C numbers are returns, A numbers adjustments, and prices may be zero or negative", async () => {
    const file = aFile([
      header,
      "C1,6/1/2011 9:00,1,EIRE,-5,5.5",
      "A2,6/1/2011 9:00,1,EIRE,1,-11062.06",
      "3,6/1/2011 9:00,1,EIRE,7,0",
    ]);
    await importing(database, "orders", file, { mapping });
    expect(
      (await orders()).map(({ external_id: number, status, total }) => [number, status, total]),
    ).toEqual([
      ["3", "completed", "0.0000"],
      ["A2", "adjusted", "-11062.0600"],
      ["C1", "returned", "-27.5000"],
    ]);
  });

  test("rows without a customer are reported with that reason", async () => {
    const file = aFile([
      header,
      "1,6/1/2011 9:00,(blank),EIRE,5,5",
      "2,6/1/2011 9:00,,EIRE,5,5",
      "3,6/1/2011 9:00,7,EIRE,5,5",
    ]);
    const report = await importing(database, "orders", file, { mapping });
    expect(report).toMatchObject({ rows: 3, rejected: 2, inserted: 1 });
    expect(rejectedLines(report).slice(1)).toEqual([
      expect.stringMatching(/^2,"no customer: .*CustomerID is ""\(blank\)""",1,/),
      expect.stringMatching(/^3,"no customer: .*CustomerID is empty",2,/),
    ]);
  });

  test("countries no standard has are understood or left empty, and customers get the address of the template", async () => {
    const file = aFile([
      header,
      ...["EIRE", "RSA", "Unspecified", "European Community", "Channel Islands"].map(
        (country, n) => `${n},6/1/2011 9:00,${n},${country},1,1`,
      ),
    ]);
    expect(await importing(database, "orders", file, { mapping })).toMatchObject({ rejected: 0 });
    const customers = await database
      .selectFrom("customers")
      .select(["country", "email"])
      .orderBy("external_id")
      .execute();
    expect(customers.map(({ country }) => country)).toEqual(["IE", "ZA", null, null, null]);
    expect(customers[0]?.email).toBe("customer-0@example.com");
  });

  test("times are London's, in winter and in summer", async () => {
    const file = aFile([header, "1,1/12/2011 9:00,1,EIRE,1,1", "2,7/12/2011 9:00,1,EIRE,1,1"]);
    await importing(database, "orders", file, { mapping });
    expect((await orders()).map(({ ordered_at: at }) => at.toISOString())).toEqual([
      "2011-01-12T09:00:00.000Z",
      "2011-07-12T08:00:00.000Z",
    ]);
  });

  test("twice changes nothing", async () => {
    const file = aFile([
      header,
      "1,1/12/2011 9:00,1,EIRE,1,1.33333",
      "1,1/12/2011 9:01,1,France,2,1",
      "C2,1/12/2011 9:00,1,Spain,-1,1",
    ]);
    await importing(database, "orders", file, { mapping });
    const before = [
      await orders(),
      await lines(),
      await database.selectFrom("customers").selectAll().execute(),
    ];
    expect(await importing(database, "orders", file, { mapping, ...later })).toMatchObject({
      inserted: 0,
      updated: 0,
      customers: { inserted: 0, updated: 0 },
    });
    expect([
      await orders(),
      await lines(),
      await database.selectFrom("customers").selectAll().execute(),
    ]).toEqual(before);
  });
});

describe("orders without a mapping", () => {
  const plain = "order number,customer id,date,sku,product name,qty,price";

  test("come in by the names of their columns, with their products", async () => {
    await importing(
      database,
      "orders",
      aFile([
        plain,
        "o-1,c-1,2026-01-05 10:00,s-1,Cup,2,£3.50",
        "o-1,c-1,2026-01-05 10:00,s-2,Plate,1,4",
      ]),
    );
    expect(await orders()).toMatchObject([
      { external_id: "o-1", total: "11.0000", currency: "GBP" },
    ]);
    expect(await lines()).toMatchObject([
      { product: "s-1", quantity: "2.0000" },
      { product: "s-2" },
    ]);
    expect(
      await database.selectFrom("products").select(["external_id", "name"]).orderBy("id").execute(),
    ).toEqual([
      { external_id: "s-1", name: "Cup" },
      { external_id: "s-2", name: "Plate" },
    ]);
  });

  test("a line left out for a mistake joins its order when it is mended, and the total follows", async () => {
    const report = await importing(
      database,
      "orders",
      aFile([plain, "o-1,c-1,2026-01-05,s-1,Cup,2,3", "o-1,c-1,2026-01-05,s-2,Plate,one,4"]),
    );
    expect(report).toMatchObject({ inserted: 1, rejected: 1 });
    const mended = aFile(rejectedLines(report).map((line) => line.replace(",one,", ",1,")));
    expect(await importing(database, "orders", mended, later)).toMatchObject({
      inserted: 0,
      updated: 1,
    });
    expect(await orders()).toMatchObject([{ total: "10.0000" }]);
    expect(await lines()).toMatchObject([{ product: "s-1" }, { product: "s-2" }]);
  });

  test("a corrected quantity changes its line and the order", async () => {
    await importing(database, "orders", aFile([plain, "o-1,c-1,2026-01-05,s-1,Cup,2,3"]));
    expect(
      await importing(database, "orders", aFile([plain, "o-1,c-1,2026-01-05,s-1,Cup,5,3"]), later),
    ).toMatchObject({ inserted: 0, updated: 1 });
    expect(await orders()).toMatchObject([{ total: "15.0000", updated_at: later.now }]);
    expect(await lines()).toHaveLength(1);
  });

  test("without lines need a total; a negative one is a return; money back is one when it is said", async () => {
    const file = aFile([
      "id,customer_id,date,total,status",
      "1,c-1,2026-01-05,10,",
      "2,c-1,2026-01-05,-10,",
      "3,c-1,2026-01-05,10,refunded",
      "4,c-1,2026-01-05,,",
      "5,c-1,2126-01-05,1,",
    ]);
    const report = await importing(database, "orders", file);
    expect(report).toMatchObject({ inserted: 3, rejected: 2 });
    expect(report.examples.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("total: expected an amount"),
      expect.stringContaining("between 1970 and tomorrow"),
    ]);
    expect((await orders()).map(({ status }) => status)).toEqual([
      "completed",
      "returned",
      "returned",
    ]);
  });

  test("of absurd size harm no other", async () => {
    const file = aFile([
      plain,
      "o-1,c-1,2026-01-05,s-1,Cup,999999999,999999999",
      "o-2,c-1,2026-01-05,s-1,Cup,1,1000000000",
      "o-3,c-1,2026-01-05,s-1,Cup,1,1",
    ]);
    expect(await importing(database, "orders", file)).toMatchObject({ inserted: 2, rejected: 1 });
    expect((await orders()).map(({ total }) => total)).toEqual(["9999999999.0000", "1.0000"]);
  });

  test("as NDJSON carry their items", async () => {
    const order = {
      order_id: "o-1",
      customer: { external_id: "c-1", country: "France" },
      ordered_at: "2026-01-05T10:00:00Z",
      currency: "EUR",
      items: [
        { sku: "s-1", quantity: 2, price: 3, size: "L" },
        { sku: "s-1", price: 4 },
      ],
    };
    const file = aFile([JSON.stringify(order)], "ndjson");
    expect(await importing(database, "orders", file)).toMatchObject({ inserted: 1, rejected: 0 });
    expect(await importing(database, "orders", file, later)).toMatchObject({
      inserted: 0,
      updated: 0,
    });
    expect(await orders()).toMatchObject([{ total: "10.0000", currency: "EUR" }]);
    expect(await lines()).toHaveLength(2);
  });

  test("an import that was killed half way is simply run again", async () => {
    const rows = Array.from(
      { length: 30_000 },
      (_, n) => `o-${n},c-${n % 500},2026-01-05,s-${n % 40},Cup,1,2`,
    );
    const file = aFile([plain, ...rows]);
    const killed = importing(database, "orders", file, {
      onProgress: ({ phase, done }) => {
        if (phase === "merging" && done === 20_000) throw new Error("killed");
      },
    });
    await expect(killed).rejects.toThrow(/killed. What was merged stays; import the file again/);
    await importing(database, "orders", file);
    const { count } = await database
      .selectFrom("orders")
      .select(({ fn }) => fn.countAll<string>().as("count"))
      .executeTakeFirstOrThrow();
    expect(count).toBe("30000");
    expect(await importing(database, "orders", file, later)).toMatchObject({
      inserted: 0,
      updated: 0,
    });
  });
});

describe("a mapping", () => {
  test("is told all its mistakes at once, each with its line and near miss", async () => {
    const wrong = aMapping(
      "import: orders",
      "columns:",
      "  InvoiceNo: nubmer",
      "  InvoiceDate: { field: ordered_at, format: D.M., zone: Europe/Londn }",
    );
    await expect(
      importing(database, "orders", aFile([header]), { mapping: wrong }),
    ).rejects.toThrow(/:4 columns.InvoiceDate/);
    const unknown = aMapping(
      "import: orders",
      "columns:",
      "  InvoiceNo: nubmer",
      "  Cty: customer.cty",
      "set:",
      "  totl: 3",
    );
    const told = await importing(database, "orders", aFile([header]), { mapping: unknown }).catch(
      String,
    );
    expect(told).toMatch(
      /:3 columns.InvoiceNo: unknown field "nubmer" of orders; did you mean "number"\?/,
    );
    expect(told).toMatch(
      /:4 columns.Cty: unknown field "customer.cty" of orders; did you mean "customer.city"\?/,
    );
    expect(told).toMatch(/:6 set.totl: unknown field "totl" of orders; did you mean "total"\?/);
  });

  test("is held against the file's header", async () => {
    const wrong = aMapping(
      "import: orders",
      "columns:",
      "  InvoiceNr: number",
      "set:",
      '  customer.email: "{CustomerId}@example.com"',
      "when:",
      "  - { column: Cuntry, empty: true, skip: true }",
    );
    const told = await importing(database, "orders", aFile([header]), { mapping: wrong }).catch(
      String,
    );
    expect(told).toMatch(
      /:3 columns.InvoiceNr: the file has no column "InvoiceNr"; did you mean "InvoiceNo"\?/,
    );
    expect(told).toMatch(/:5 .*no column "CustomerId"; did you mean "CustomerID"\?/);
    expect(told).toMatch(/:7 when\[0\].column: .*did you mean "Country"\?/);
  });

  test("for another kind is refused", async () => {
    await expect(importing(database, "customers", aFile(["id"]), { mapping })).rejects.toThrow(
      "this mapping is for orders, the import is of customers",
    );
  });

  test("skips rows, and maps values and decimal commas", async () => {
    const german = aMapping(
      "import: orders",
      "delimiter: ;",
      'decimal: ","',
      "columns:",
      "  Nr: number",
      "  Kunde: customer.external_id",
      "  Datum: { field: ordered_at, format: DD.MM.YYYY, zone: Europe/Berlin }",
      "  Summe: total",
      "  Art: { field: status, values: { Verkauf: completed, Storno: cancelled } }",
      "set:",
      "  currency: EUR",
      "when:",
      "  - { column: Kunde, is: [Test, Demo], skip: true }",
    );
    const file = aFile([
      "Nr;Kunde;Datum;Summe;Art",
      "1;k-1;05.01.2026;1.234,50;Verkauf",
      "2;Test;05.01.2026;1;Verkauf",
      "3;k-1;05.01.2026;1;Storno",
    ]);
    expect(await importing(database, "orders", file, { mapping: german })).toMatchObject({
      rows: 3,
      skipped: 1,
      inserted: 2,
    });
    expect(await orders()).toMatchObject([
      {
        total: "1234.5000",
        currency: "EUR",
        status: "completed",
        ordered_at: new Date("2026-01-04T23:00:00Z"),
      },
      { status: "cancelled" },
    ]);
  });
});
