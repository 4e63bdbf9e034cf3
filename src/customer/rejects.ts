import { type WriteStream, createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { once } from "node:events";
import { finished } from "node:stream/promises";
import { csvLine } from "./formula-guard.ts";
import { type Source, type SourceRow, rejectColumns } from "./source.ts";
import { textOf } from "./storable.ts";

/** The side file of an import: the rows that were not taken, each with its line and reason, to be mended and imported again. */
export class Rejects {
  readonly file: string;
  count = 0;
  /** The first few, for the terminal. */
  readonly examples: { readonly line: number; readonly reason: string }[] = [];
  readonly #source: Source;
  #stream: WriteStream | undefined;
  #lastLine = 0;

  constructor(file: string, source: Source) {
    this.file = file;
    this.#source = source;
  }

  async add(row: SourceRow, reason: string): Promise<void> {
    this.count += 1;
    if (this.examples.length < 20) this.examples.push({ line: row.line, reason });
    const line = this.#source.format === "csv" ? this.#csv(row, reason) : this.#json(row, reason);
    if (line === null) return;
    this.#stream ??= this.#open();
    if (this.#stream.errored) throw this.#stream.errored;
    if (!this.#stream.write(`${line}\n`)) await once(this.#stream, "drain");
  }

  /** A side file of an earlier run that no longer holds is taken away. */
  async close(): Promise<void> {
    if (this.#stream === undefined) return rm(this.file, { force: true });
    this.#stream.end();
    await finished(this.#stream);
  }

  #open(): WriteStream {
    const stream = createWriteStream(this.file, { mode: 0o600 });
    // Reported by the next row and by `close`; unheard it would end the process.
    stream.on("error", () => undefined);
    // Without the mark, Excel takes UTF-8 for the machine's own code page.
    if (this.#source.format === "csv")
      stream.write(`\u{FEFF}${csvLine([...rejectColumns, ...this.#source.columns])}\n`);
    return stream;
  }

  #csv(row: SourceRow, reason: string): string {
    return csvLine([String(row.line), reason, ...row.values.map((value) => textOf(value ?? ""))]);
  }

  /** The items of one order stand in one line, which is written once. */
  #json(row: SourceRow, reason: string): string | null {
    if (row.line === this.#lastLine) return null;
    this.#lastLine = row.line;
    const text = row.text ?? "";
    const [line, why] = rejectColumns;
    const head = `"${line}":${row.line},"${why}":${JSON.stringify(reason)}`;
    if (/^\s*\{\s*\}\s*$/.test(text)) return `{${head}}`;
    return /^\s*\{.*\}\s*$/.test(text)
      ? text.replace("{", () => `{${head},`)
      : `{${head},"rejected_text":${JSON.stringify(text)}}`;
  }
}

/** `orders.csv` -> `orders.rejected.csv`, beside it. */
export function rejectsFileOf(file: string, format: Source["format"]): string {
  return `${file.replace(/\.(csv|tsv|txt|ndjson|jsonl|json)$/i, "")}.rejected.${format}`;
}
