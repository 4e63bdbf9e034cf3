import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { openCsv } from "../../src/customer/csv-source.ts";
import { csvLine, guarded, unguarded } from "../../src/customer/formula-guard.ts";
import type { SourceRow } from "../../src/customer/source.ts";
import { longestLine, readLines } from "../../src/customer/text-lines.ts";
import { aFile } from "./files.ts";

async function read(
  content: string | Buffer,
): Promise<{ columns: readonly string[]; rows: SourceRow[] }> {
  const file = aFile(content);
  const source = await openCsv(file, readLines(file));
  const rows: SourceRow[] = [];
  for await (const batch of source.batches) rows.push(...batch.rows);
  return { columns: source.columns, rows };
}

const cells = ({ rows }: { rows: SourceRow[] }) =>
  rows.filter(({ fault }) => fault === null).map(({ values }) => values);
const faults = ({ rows }: { rows: SourceRow[] }) =>
  rows.flatMap(({ line, fault }) => (fault === null ? [] : [`${line}: ${fault}`]));

describe("a CSV file", () => {
  test.each([",", ";", "\t", "|"])("is split at %j when its header is", async (delimiter) => {
    const found = await read(`id${delimiter}name\n1${delimiter}Ann\n`);
    expect(found.columns).toEqual(["id", "name"]);
    expect(cells(found)).toEqual([["1", "Ann"]]);
  });

  test("may begin with a byte order mark, end its lines as Windows does, and lack the last line end", async () => {
    const found = await read("\u{FEFF}id,name\r\n1,Ann\r\n\r\n2,Zoë");
    expect(found.columns).toEqual(["id", "name"]);
    expect(cells(found)).toEqual([
      ["1", "Ann"],
      ["2", "Zoë"],
    ]);
  });

  test("may hold line ends and quotes inside quotes, and lines count as in an editor", async () => {
    const found = await read('id,note\n1,"two\nlines"\n2,"say ""hi"", Ann"\n3,6" nails\n');
    expect(cells(found)).toEqual([
      ["1", "two\nlines"],
      ["2", 'say "hi", Ann'],
      ["3", '6" nails'],
    ]);
    expect(found.rows.map(({ line }) => line)).toEqual([2, 4, 5]);
  });

  test("may be UTF-16, as Excel saves Unicode text", async () => {
    const text = Buffer.from("\u{FEFF}id\tname\r\n1\tZoë\r\n", "utf16le");
    expect(cells(await read(text))).toEqual([["1", "Zoë"]]);
  });

  test("may name its delimiter as Excel does", async () => {
    expect(cells(await read("sep=;\nid;price\n1;1,50\n"))).toEqual([["1", "1,50"]]);
  });

  test("loses only the line that is not UTF-8", async () => {
    const mixed = Buffer.concat([
      Buffer.from("id,name\n1,Ann\n2,"),
      Buffer.from([0x5a, 0x6f, 0xeb]),
      Buffer.from("\n3,Zoë\n"),
    ]);
    const found = await read(mixed);
    expect(cells(found)).toEqual([
      ["1", "Ann"],
      ["3", "Zoë"],
    ]);
    expect(faults(found)).toEqual([expect.stringMatching(/^3: expected UTF-8/)]);
    expect(found.rows[1]?.values).toEqual(["2,Zoë"]);
  });

  test("loses only the line whose quote never closes", async () => {
    const found = await read('id,name\n1,Ann\n2,"bomb\n3,Bob\n4,"Cy"\n5,Di\n');
    expect(cells(found)).toEqual([
      ["1", "Ann"],
      ["3", "Bob"],
      ["4", "Cy"],
      ["5", "Di"],
    ]);
    expect(faults(found)).toHaveLength(1);
    expect(faults(found)[0]).toMatch(/^3: .*quote/);
  });

  test("keeps its good lines under a thousand quote bombs", async () => {
    const lines = Array.from({ length: 1000 }, (_, n) => `${n},"bomb\n${n},fine`);
    const found = await read(`id,name\n${lines.join("\n")}\n`);
    expect(cells(found).filter(([, name]) => name === "fine")).toHaveLength(1000);
  });

  test("loses only the line that is too long", async () => {
    const found = await read(`id,name\n1,${"x".repeat(3 * longestLine)}\n2,Bob\n`);
    expect(cells(found)).toEqual([["2", "Bob"]]);
    expect(faults(found)).toEqual([
      expect.stringMatching(/^2: expected lines of at most 1048576 bytes/),
    ]);
  });

  test("loses only the rows that do not fit the header", async () => {
    const found = await read("id,name\n1\n2,Bob\n3,Cy,extra\n");
    expect(cells(found)).toEqual([["2", "Bob"]]);
    expect(faults(found)).toEqual([
      "2: expected 2 fields as in the header, found 1",
      "4: expected 2 fields as in the header, found 3",
    ]);
  });

  test.each([
    ["", "found an empty file"],
    ["id,name,id\n1,2,3\n", 'found "id" twice'],
    [Buffer.from("PK\x03\x04rest"), "Excel workbook"],
    [Buffer.from("\x1f\x8brest", "latin1"), "gzip"],
  ])("%j is refused", async (content, reason) => {
    await expect(read(content)).rejects.toThrow(reason);
  });

  test("is read as csv-parse reads it, whatever is in its cells", async () => {
    const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", ";", "é", " ", "'", "=") });
    const table = fc.integer({ min: 2, max: 4 }).chain((width) =>
      fc.array(fc.array(cell, { minLength: width, maxLength: width }), {
        minLength: 1,
        maxLength: 8,
      }),
    );
    await fc.assert(
      fc.asyncProperty(table, async (rows) => {
        const quoted = rows.map((row) =>
          row.map((text) => `"${text.replaceAll('"', '""')}"`).join(","),
        );
        const text = `${(rows[0] ?? []).map((_, index) => `h${index}`).join(",")}\n${quoted.join("\n")}\n`;
        expect(cells(await read(text))).toEqual(parse(text).slice(1));
      }),
      { numRuns: 100 },
    );
  });
});

describe("a cell of a side file", () => {
  test.each(["=1+1", "+44", "-10", "@SUM(A1)", "\tx", "\rx", "\0x", "'quoted"])(
    "%j is no formula any more, and comes back whole",
    (cell) => {
      expect(guarded(cell)).toBe(`'${cell}`);
      expect(unguarded(guarded(cell))).toBe(cell);
    },
  );

  test("is quoted where it must be", () => {
    expect(csvLine(["plain", 'a "b"', "x,y", "two\nlines", "=cmd|' /C calc'!A0"])).toBe(
      `plain,"a ""b""","x,y","two\nlines",'=cmd|' /C calc'!A0`,
    );
  });
});
