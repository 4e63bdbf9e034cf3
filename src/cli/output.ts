/** Writes a line to stdout, where a command's answer goes; everything else goes to stderr. */
export function say(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** One line of JSON, for scripts. */
export function sayJson(value: unknown): void {
  say(JSON.stringify(value));
}

/** "1 customer", "2 customers", "about 1230000 customers". */
export function counted(count: number | string, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** A count, or where it is only estimated three digits of it: "about 1230000". */
export function aboutIf(isEstimated: boolean, count: number): number | string {
  return isEstimated ? `about ${Number(count.toPrecision(3))}` : count;
}

/** Columns under a heading, those of numbers to the right. Control characters of a hostile name stay visible text. */
export function sayTable(
  heading: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): void {
  const cells = [heading, ...rows.map((row) => row.map((cell) => plain(cell ?? "-")))];
  const widths = heading.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  const isNumeric = heading.map((_, column) => rows.some((row) => isNumber(row[column] ?? null)));
  for (const row of cells) {
    const line = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return isNumeric[column] === true ? cell.padStart(width) : cell.padEnd(width);
    });
    say(line.join("  ").trimEnd());
  }
}

/** A number, "about 1230000", or an amount such as "12.50 GBP". */
function isNumber(cell: string | number | null): boolean {
  return (
    typeof cell === "number" ||
    (cell !== null && /^(about \d+|-?\d+\.\d\d( [A-Z]{3})?)$/.test(cell))
  );
}

/** Text from the database as one safe line: no terminal escapes, no line breaks. */
export function plain(text: string | number): string {
  return String(text).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "\u{fffd}");
}

/** "2026-01-12 12:00" in a zone. */
export function when(instant: Date | null, zone: string): string {
  if (instant === null) return "-";
  const parts = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "short",
  });
  return parts.format(instant);
}
