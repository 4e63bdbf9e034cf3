import type { ImportKind } from "./field.ts";
import { flatten } from "./flatten.ts";
import { explodeOrder } from "./order-item.ts";
import { type Source, type SourceBatch, type SourceRow, rejectColumns } from "./source.ts";
import { type Json, faultOfKey } from "./storable.ts";
import type { Line, LineBatch } from "./text-lines.ts";

const mostColumns = 2000;

/** Reads one JSON object a line. Columns are added as they turn up. */
export function openNdjson(kind: ImportKind, batches: AsyncGenerator<LineBatch>): Source {
  const columns: string[] = [];
  const places = new Map<string, number>();
  const placeOf = (name: string): number | undefined => {
    const known = places.get(name);
    if (known !== undefined || columns.length >= mostColumns) return known;
    places.set(name, columns.length);
    columns.push(name);
    return columns.length - 1;
  };
  async function* read(): AsyncGenerator<SourceBatch> {
    for await (const { lines, bytesRead } of batches)
      yield { rows: lines.flatMap((line) => rowsOf(line, kind, placeOf)), bytesRead };
  }
  return { format: "ndjson", columns, batches: read() };
}

function rowsOf(
  line: Line,
  kind: ImportKind,
  placeOf: (name: string) => number | undefined,
): SourceRow[] {
  if (line.fault !== null)
    return [{ line: line.number, values: [], text: line.text, fault: line.fault }];
  if (line.text.trim() === "") return [];
  const object = parseObject(line.text);
  if (typeof object === "string")
    return [{ line: line.number, values: [], text: line.text, fault: object }];
  const flat = flatten(object);
  const objects = kind === "orders" ? explodeOrder(flat) : [flat];
  return objects.map((entries) => ({ ...tabular(line.number, entries, placeOf), text: line.text }));
}

function parseObject(text: string): Record<string, Json> | string {
  try {
    const value: unknown = JSON.parse(text);
    if (value !== null && typeof value === "object" && !Array.isArray(value))
      return value as Record<string, Json>;
    return 'expected one JSON object in the line, such as {"email": "ann@example.com"}';
  } catch {
    return "expected one JSON object in the line; this is not JSON";
  }
}

function tabular(
  line: number,
  entries: ReadonlyMap<string, Json>,
  placeOf: (name: string) => number | undefined,
): SourceRow {
  const values: Json[] = [];
  let fault: string | null = null;
  for (const [name, value] of entries) {
    if ((rejectColumns as readonly string[]).includes(name)) continue;
    const wrong = faultOfKey(name);
    const place = wrong === undefined ? placeOf(name) : undefined;
    if (wrong !== undefined) fault ??= wrong;
    else if (place === undefined)
      fault ??= `expected at most ${mostColumns} different names in the file`;
    else values[place] = value;
  }
  return { line, values, fault };
}
