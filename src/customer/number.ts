/**
 * A number as people and spreadsheets write it (`1,234.50`, `£12.50`, `12.50 GBP`, `(3.20)`, `1e3`), as digits that
 * Postgres reads, or undefined. Groups of thousands must stand where they belong: `1,23` is refused, not read as 123.
 */
export function readNumber(text: string, decimal: "." | "," = "."): string | undefined {
  if (plainNumber.test(text) && decimal === ".") return text;
  let bare = text
    .replace(/^[-+]?\s*(?:[A-Z]{3}\s|[£$€¥₹])/, (start) => start.replace(/[^-+]/g, ""))
    .replace(/\s?(?:[A-Z]{3}|[£$€¥₹])$/, "");
  const isNegative = /^\(.*\)$/.test(bare);
  if (isNegative) bare = bare.slice(1, -1).replace(/^[£$€¥₹]/, "");
  if (/^[-+]?\d+(\.\d+)?[eE][-+]?\d{1,2}$/.test(bare)) bare = String(Number(bare));
  const group = decimal === "." ? "[,'\u00A0\u202F ]" : "[.'\u00A0\u202F ]";
  const shape = new RegExp(`^([-+]?)(\\d{1,3}(?:${group}\\d{3})+|\\d+)(?:\\${decimal}(\\d+))?$`);
  const [, sign, whole, fraction] = shape.exec(bare) ?? [];
  if (whole === undefined || (isNegative && sign !== "")) return undefined;
  const digits = whole.replaceAll(/\D/g, "") + (fraction === undefined ? "" : `.${fraction}`);
  return sign === "-" || isNegative ? `-${digits}` : digits;
}

const plainNumber = /^-?\d+(\.\d+)?$/;
