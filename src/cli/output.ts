/** Writes a line to stdout, where a command's answer goes; everything else goes to stderr. */
export function say(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** One line of JSON, for scripts. */
export function sayJson(value: unknown): void {
  say(JSON.stringify(value));
}

/** Columns under a heading, numbers to the right. Control characters of a hostile name stay visible text. */
export function sayTable(
  heading: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): void {
  const cells = [heading, ...rows.map((row) => row.map((cell) => plain(cell ?? "-")))];
  const widths = heading.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  );
  cells.forEach((row, index) => {
    const line = row.map((cell, column) => {
      const isNumber = index > 0 && typeof rows[index - 1]?.[column] === "number";
      return isNumber ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
    });
    say(line.join("  ").trimEnd());
  });
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
