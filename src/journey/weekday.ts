import { nearMiss } from "../errors.ts";
import { type Reader, described } from "./reader.ts";

/** Monday is 1 in a journey, and first here. */
export const weekdays: readonly string[] = [
  "monday",
  "tuesday",
  "wednesday",
  "thursday",
  "friday",
  "saturday",
  "sunday",
];

/** A weekday by its English name or its first three letters. */
export const weekday: Reader<number> = described(
  { type: "string", examples: weekdays },
  (place) => {
    const word = typeof place.value === "string" ? place.value.toLowerCase() : "";
    const index = weekdays.findIndex((day) => day === word || day.slice(0, 3) === word);
    if (index >= 0) return index + 1;
    const meant = nearMiss(word, weekdays);
    return place.expected(`a weekday ${meant ? `(did you mean "${meant}"?)` : "such as monday"}`);
  },
);
