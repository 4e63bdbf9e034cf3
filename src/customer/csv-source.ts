import { WaypostError } from "../errors.ts";
import { type OpenRecord, feed } from "./csv-record.ts";
import { unguarded } from "./formula-guard.ts";
import { type Source, type SourceBatch, type SourceRow, rejectColumns } from "./source.ts";
import { textOf } from "./storable.ts";
import type { Line, LineBatch } from "./text-lines.ts";

const mostLines = 1000;
const longestRecord = 1_048_576;

/** Reads CSV from lines. The first record is the header; the delimiter is the one that it holds most of. */
export async function openCsv(
  file: string,
  batches: AsyncGenerator<LineBatch>,
  given?: string,
): Promise<Source> {
  const records = new CsvRecords(given);
  let first: LineBatch = { lines: [], bytesRead: 0 };
  const early: SourceRow[] = [];
  while (records.header === null) {
    const next = await batches.next();
    if (next.done === true) early.push(...records.end());
    else first = next.value;
    if (next.done !== true) early.push(...records.read(first.lines));
    if (records.header === null && next.done === true)
      throw new WaypostError(
        "WAYPOST_IMPORT",
        `${file}: expected a header with the names of the columns, found an empty file`,
      );
  }
  checkHeader(file, records.header);
  const isRejects = rejectColumns.every((name, index) => records.header?.[index] === name);
  const columns = isRejects ? records.header.slice(rejectColumns.length) : records.header;
  const own = (rows: readonly SourceRow[]): readonly SourceRow[] =>
    isRejects ? rows.map(mended) : rows;
  async function* rest(): AsyncGenerator<SourceBatch> {
    yield { rows: own(early), bytesRead: first.bytesRead };
    let bytesRead = first.bytesRead;
    for await (const batch of batches) {
      bytesRead = batch.bytesRead;
      yield { rows: own(records.read(batch.lines)), bytesRead };
    }
    yield { rows: own(records.end()), bytesRead };
  }
  return { format: "csv", columns, batches: rest() };
}

/** A row of a side file we wrote: without our columns and without the guards against formulas. */
function mended(row: SourceRow): SourceRow {
  return {
    ...row,
    values: row.values.slice(rejectColumns.length).map((cell) => unguarded(textOf(cell ?? ""))),
  };
}

function checkHeader(file: string, header: readonly string[]): void {
  const twice = header.find((name, index) => name !== "" && header.indexOf(name) !== index);
  if (twice !== undefined)
    throw new WaypostError(
      "WAYPOST_IMPORT",
      `${file}:1: expected each column once, found "${twice}" twice; rename one of them`,
    );
}

class CsvRecords {
  header: string[] | null = null;
  #delimiter: string;
  #given: string | undefined;
  #record: OpenRecord = { cells: [], open: null };
  /** The lines of the record that is open, to be read anew should its quote never close. */
  #held: Line[] = [];
  #heldLength = 0;

  constructor(given: string | undefined) {
    this.#given = given;
    this.#delimiter = given ?? ",";
  }

  read(lines: readonly Line[]): SourceRow[] {
    const rows: SourceRow[] = [];
    for (const line of lines) this.#line(line, rows);
    return rows;
  }

  end(): SourceRow[] {
    const rows: SourceRow[] = [];
    while (this.#held.length > 0)
      this.#giveUp("the quote that is opened here is never closed", rows);
    return rows;
  }

  #line(line: Line, rows: SourceRow[]): void {
    if (this.#held.length === 0) this.#begin(line, rows);
    else this.#goOn(line, rows);
  }

  #begin(line: Line, rows: SourceRow[]): void {
    if (line.text === "" && line.fault === null) return;
    if (this.header === null && this.#isPreamble(line)) return;
    if (line.fault !== null)
      rows.push({ line: line.number, values: [line.text], fault: line.fault });
    else if (!line.text.includes('"'))
      this.#addRecord(line.number, line.text.split(this.#delimiter), rows);
    else this.#goOn(line, rows);
  }

  #goOn(line: Line, rows: SourceRow[]): void {
    this.#held.push(line);
    this.#heldLength += line.text.length;
    if (line.fault !== null)
      return this.#giveUp("a quoted field goes on into a line that cannot be read", rows);
    const fed = feed(this.#record, line.text, this.#delimiter);
    if (fed === "done") return this.#close(rows);
    if (fed !== "open") return this.#giveUp(fed.fault, rows);
    if (this.#held.length > mostLines || this.#heldLength > longestRecord)
      this.#giveUp(`the quote that is opened here is not closed within ${mostLines} lines`, rows);
  }

  #close(rows: SourceRow[]): void {
    const width = this.header?.length ?? this.#record.cells.length;
    // A record over several lines that does not fit the header comes of a stray quote: the lines after it are read by themselves.
    if (this.#held.length > 1 && this.#record.cells.length !== width)
      return this.#giveUp("a quote that is opened here swallows the lines after it", rows);
    const [start] = this.#held;
    const { cells } = this.#record;
    this.#reset();
    this.#addRecord(start?.number ?? 0, cells, rows);
  }

  #giveUp(reason: string, rows: SourceRow[]): void {
    const [start, ...after] = this.#held;
    this.#reset();
    if (start !== undefined)
      rows.push({
        line: start.number,
        values: start.text.split(this.#delimiter),
        fault: start.fault ?? reason,
      });
    for (const line of after) this.#line(line, rows);
  }

  #reset(): void {
    this.#held = [];
    this.#heldLength = 0;
    this.#record = { cells: [], open: null };
  }

  #addRecord(line: number, cells: string[], rows: SourceRow[]): void {
    if (this.header === null) {
      this.header = cells.map((cell, index) => cell.trim() || `column_${index + 1}`);
      return;
    }
    const width = this.header.length;
    if (cells.length === 1 && cells[0] === "") return;
    const fault =
      cells.length === width
        ? null
        : `expected ${width} fields as in the header, found ${cells.length}`;
    rows.push({ line, values: cells, fault });
  }

  /** Excel's `sep=;` line, and the choice of the delimiter by the header. */
  #isPreamble(line: Line): boolean {
    const [, named] = /^sep=(.)$/i.exec(line.text) ?? [];
    if (named !== undefined) {
      this.#given ??= named;
      this.#delimiter = this.#given;
      return true;
    }
    this.#delimiter = this.#given ?? likeliestDelimiter(line.text);
    return false;
  }
}

function likeliestDelimiter(header: string): string {
  const bare = header.replaceAll(/"[^"]*"/g, "");
  const count = (delimiter: string): number => bare.split(delimiter).length;
  return [",", ";", "\t", "|"].toSorted((a, b) => count(b) - count(a))[0] ?? ",";
}
