import { readDuration } from "../duration.ts";
import { nearMiss } from "../errors.ts";
import { type Reader, described } from "./reader.ts";
import { pattern } from "./schema.ts";

/** The columns of a customer that hold a date of theirs. */
const columns: readonly string[] = ["birthday", "created_at"];

const shape = pattern("^customer\\.(birthday|created_at|attributes\\..+)$");

/** `customer.birthday`, `customer.attributes.renewal`: a field that holds a date. */
export const dateOfCustomer: Reader<string> = described(shape, (place) => {
  const { value } = place;
  const [, field] = (typeof value === "string" && /^customer\.(\S+)$/.exec(value)) || [];
  if (field !== undefined && (columns.includes(field) || /^attributes\../.test(field)))
    return field;
  const known = columns.map((column) => `customer.${column}`);
  const meant = typeof value === "string" ? nearMiss(value, known) : undefined;
  return place.expected(
    meant === undefined
      ? `a date of the customer (${known.join(", ")}, customer.attributes.<key>)`
      : `a date of the customer (did you mean "${meant}"?)`,
  );
});

const offsetShape = pattern("^(on the day|\\d.* (before|after))$");

/** "3 days before", "1 week after", "on the day", as days from the date. */
export const dateOffset: Reader<number> = described(offsetShape, (place) => {
  const { value } = place;
  if (value === "on the day") return 0;
  const [, written, side] =
    (typeof value === "string" && /^(.+) (before|after)$/.exec(value)) || [];
  const read = written === undefined ? undefined : readDuration(written);
  const inDays = read?.months === 0 && read.seconds === 0 && read.days < 366;
  return inDays
    ? (side === "before" ? -1 : 1) * read.days
    : place.expected('days or weeks "before" or "after", such as "3 days before"');
});
