import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { WaypostError } from "../errors.ts";

export type Encoding = "utf-8" | "windows-1252" | "utf-16le" | "utf-16be";

/** One physical line of a file. A line with a fault is reported, never guessed at; its text is only for the report. */
export interface Line {
  readonly number: number;
  readonly text: string;
  readonly fault: string | null;
}

export interface LineBatch {
  readonly lines: readonly Line[];
  /** How far into the file it reaches. */
  readonly bytesRead: number;
}

export const longestLine = 1_048_576;
const newline = 10;

/**
 * The lines of a file in batches, in flat memory whatever is in it: a line beyond a megabyte is passed over with its
 * fault. A byte order mark decides the encoding, else `encoding` does; lines that are not UTF-8 get a fault each.
 */
export async function* readLines(file: string, encoding?: Encoding): AsyncGenerator<LineBatch> {
  const lines = new LineSplitter(file);
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let bytesRead = 0;
  for await (const chunk of createReadStream(file, {
    highWaterMark: 65_536,
  }) as AsyncIterable<Buffer>) {
    let bytes = chunk;
    if (bytesRead === 0) {
      const found = encodingOf(chunk, file) ?? encoding ?? "utf-8";
      if (found === "utf-8") bytes = withoutMark(chunk);
      else decoder = new TextDecoder(found);
    }
    bytesRead += chunk.length;
    if (decoder !== undefined) bytes = Buffer.from(decoder.decode(bytes, { stream: true }));
    yield { lines: lines.push(bytes), bytesRead };
  }
  yield { lines: lines.end(), bytesRead };
}

class LineSplitter {
  readonly #file: string;
  #rest: Buffer = Buffer.alloc(0);
  #number = 0;
  /** Inside a line that is too long, of which only the end matters any more. */
  #passing = false;

  constructor(file: string) {
    this.#file = file;
  }

  push(chunk: Buffer): Line[] {
    const end = chunk.lastIndexOf(newline);
    if (end === -1) return this.#keep(chunk);
    let whole =
      this.#rest.length === 0
        ? chunk.subarray(0, end)
        : Buffer.concat([this.#rest, chunk.subarray(0, end)]);
    this.#rest = Buffer.alloc(0);
    if (this.#passing) {
      const first = whole.indexOf(newline);
      this.#passing = false;
      whole = first === -1 ? Buffer.alloc(0) : whole.subarray(first + 1);
      if (first === -1) return this.#keep(chunk.subarray(end + 1));
    }
    return [...this.#split(whole), ...this.#keep(chunk.subarray(end + 1))];
  }

  end(): Line[] {
    return this.#rest.length === 0 || this.#passing ? [] : this.#split(this.#rest);
  }

  #keep(bytes: Buffer): Line[] {
    if (this.#passing) return [];
    this.#rest = this.#rest.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes]);
    if (this.#rest.length <= longestLine) return [];
    this.#passing = true;
    const start = this.#rest.toString("latin1", 0, 200);
    this.#rest = Buffer.alloc(0);
    return [this.#tooLong(start)];
  }

  #split(bytes: Buffer): Line[] {
    if (isUtf8(bytes))
      return bytes
        .toString()
        .split("\n")
        .map((text) => this.#line(text));
    const lines: Line[] = [];
    for (let start = 0; start <= bytes.length;) {
      const found = bytes.indexOf(newline, start);
      const end = found === -1 ? bytes.length : found;
      lines.push(this.#decode(bytes.subarray(start, end)));
      start = end + 1;
    }
    return lines;
  }

  #decode(bytes: Buffer): Line {
    if (isUtf8(bytes)) return this.#line(bytes.toString());
    const text = new TextDecoder("windows-1252").decode(bytes).replace(/\r$/, "");
    const fault =
      "expected UTF-8, found bytes that are none; it reads so as Windows-1252. Save the file as UTF-8, or put `encoding: windows-1252` into a mapping";
    return { number: (this.#number += 1), text, fault };
  }

  #line(text: string): Line {
    if (text.length > longestLine) return this.#tooLong(text.slice(0, 200));
    return {
      number: (this.#number += 1),
      text: text.endsWith("\r") ? text.slice(0, -1) : text,
      fault: null,
    };
  }

  #tooLong(start: string): Line {
    const fault = `expected lines of at most ${longestLine} bytes, found a longer one (is ${this.#file} a text file with line ends?)`;
    return { number: (this.#number += 1), text: start, fault };
  }
}

function withoutMark(chunk: Buffer): Buffer {
  return chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? chunk.subarray(3) : chunk;
}

/** What the first bytes say for certain; throws for what is no text at all. */
function encodingOf(chunk: Buffer, file: string): Encoding | undefined {
  if (chunk[0] === 0xff && chunk[1] === 0xfe) return "utf-16le";
  if (chunk[0] === 0xfe && chunk[1] === 0xff) return "utf-16be";
  if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) return "utf-8";
  const start = chunk.toString("latin1", 0, 4);
  if (start.startsWith("PK\x03\x04"))
    throw unreadable(file, "an Excel workbook or a ZIP file; save the sheet as CSV (UTF-8)");
  if (start.startsWith("\x1f\x8b")) throw unreadable(file, "a gzip file; unpack it first");
  if (start.startsWith("\xd0\xcf\x11\xe0"))
    throw unreadable(file, "an old Excel workbook; save the sheet as CSV (UTF-8)");
  if (chunk.length > 3 && chunk[1] === 0 && chunk[3] === 0 && chunk[0] !== 0) return "utf-16le";
  return undefined;
}

function unreadable(file: string, found: string): WaypostError {
  return new WaypostError("WAYPOST_IMPORT", `${file}: expected CSV or NDJSON, found ${found}`);
}
