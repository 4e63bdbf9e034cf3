/** A record that may go on over several lines, since a quoted field can hold line ends. */
export interface OpenRecord {
  readonly cells: string[];
  /** The quoted field that is still open, as far as it was read. */
  open: string | null;
}

/** "done", "open" when a quoted field goes on in the next line, or what is wrong. */
export type Fed = "done" | "open" | { readonly fault: string };

/** Reads one physical line into a record, by RFC 4180. A quote inside an unquoted field (`6" nails`) is a character like any other. */
export function feed(record: OpenRecord, line: string, delimiter: string): Fed {
  let at = 0;
  if (record.open !== null) {
    const fed = quoted(record, `\n`, line, 0, delimiter);
    if (typeof fed !== "number") return fed;
    at = fed;
  }
  while (at <= line.length) {
    if (line[at] === '"') {
      const fed = quoted(record, "", line, at + 1, delimiter);
      if (typeof fed !== "number") return fed;
      at = fed;
    } else {
      const end = line.indexOf(delimiter, at);
      record.cells.push(end === -1 ? line.slice(at) : line.slice(at, end));
      if (end === -1) return "done";
      at = end + 1;
    }
  }
  return "done";
}

/** Reads on inside a quoted field and returns where the next one begins. */
function quoted(
  record: OpenRecord,
  joint: string,
  line: string,
  from: number,
  delimiter: string,
): number | Fed {
  let text = record.open === null ? "" : record.open + joint;
  for (let at = from; ;) {
    const quote = line.indexOf('"', at);
    if (quote === -1) {
      record.open = text + line.slice(at);
      return "open";
    }
    text += line.slice(at, quote);
    if (line[quote + 1] === '"') {
      text += '"';
      at = quote + 2;
      continue;
    }
    record.open = null;
    record.cells.push(text);
    if (quote + 1 >= line.length) return line.length + 1;
    if (!line.startsWith(delimiter, quote + 1))
      return {
        fault: `expected "${delimiter === "\t" ? "tab" : delimiter}" or the line's end after the closing quote of field ${record.cells.length}; a quote inside a quoted field is written twice`,
      };
    return quote + 1 + delimiter.length;
  }
}
