import { type Mistake, describeMistake } from "../../src/errors.ts";
import { readJourney } from "../../src/journey/read-journey.ts";

/** Mistakes as lines of text without the file, `3 start.on: expected …`. */
export function linesOf(mistakes: readonly Mistake[]): readonly string[] {
  return mistakes.map((mistake) => describeMistake(mistake).replace(/^[^:]*:/, ""));
}

/** A whole journey of seven lines, whose parts a test replaces: the start begins in line 3, the steps in line 4. */
export function aJourney({
  head = "journey: welcome\ntopic: offers",
  start = "start: { on: signed_up }",
  steps = "steps:\n  - send: hello\n    by: email\n  - wait: 3 days",
} = {}): string {
  return `${head}\n${start}\n${steps}\n`;
}

export function journeyFrom(parts: Parameters<typeof aJourney>[0]) {
  const { journey, mistakes } = readJourney(aJourney(parts), "welcome.yaml");
  if (journey === undefined) throw new Error(linesOf(mistakes).join("\n"));
  return journey;
}

export function mistakesIn(text: string): readonly string[] {
  return linesOf(readJourney(text, "welcome.yaml").mistakes);
}
