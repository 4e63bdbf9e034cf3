/**
 * A cell that a spreadsheet would run as a formula gets a quote in front (ASVS 1.2.10). So does one that begins with a
 * quote, so that the guard can be taken off again without loss.
 */
export function guarded(cell: string): string {
  return /^[=+\-@\t\r\n\0'＝＋－＠]/.test(cell) ? `'${cell}` : cell;
}

export function unguarded(cell: string): string {
  return cell.startsWith("'") ? cell.slice(1) : cell;
}

/** One line of CSV, guarded, without the line's end. */
export function csvLine(cells: readonly string[]): string {
  return cells
    .map((cell) => {
      const safe = guarded(cell);
      return /[",;\t\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    })
    .join(",");
}
