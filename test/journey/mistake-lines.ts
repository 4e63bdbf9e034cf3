import { type Mistake, describeMistake } from "../../src/errors.ts";
import { parse } from "yaml";
import type { KnownRead } from "../../src/journey/check-templates.ts";
import { jsonSchema } from "../../src/journey/json-schema.ts";
import { readJourney } from "../../src/journey/read-journey.ts";
import { refusals } from "./validate.ts";

/** Mistakes as lines of text without the file, `3 start.on: expected …`. */
export function linesOf(mistakes: readonly Mistake[]): readonly string[] {
  return mistakes.map((mistake) => describeMistake(mistake).replace(/^[^:]*:/, ""));
}

/** A variable that a template cannot be rendered without. */
export function required(path: string): KnownRead {
  return { path, file: "templates/x.email.hbs", line: 7, isRequired: true };
}

/** A whole journey of seven lines, whose parts a test replaces: the start begins in line 3, the steps in line 4. */
export function aJourney({
  head = "journey: welcome\ntopic: offers",
  start = "start: { on: signed_up }",
  steps = "steps:\n  - send: hello\n    by: email\n  - wait: 3 days",
} = {}): string {
  return `${head}\n${start}\n${steps}\n`;
}

const schema = jsonSchema();

/** Where an editor that has our JSON Schema sees something wrong in a file. */
export function seenByEditors(text: string): readonly string[] {
  return refusals(parse(text), schema);
}

/** The journey of a file without mistakes, in which no editor may see one either. */
export function journeyFrom(parts: Parameters<typeof aJourney>[0]) {
  const text = aJourney(parts);
  const { journey, mistakes } = readJourney(text, "welcome.yaml");
  if (journey === undefined) throw new Error(linesOf(mistakes).join("\n"));
  const seen = seenByEditors(text);
  if (seen.length > 0) throw new Error(`the JSON Schema refuses ${seen.join(", ")}`);
  return journey;
}

export function mistakesIn(text: string): readonly string[] {
  return linesOf(readJourney(text, "welcome.yaml").mistakes);
}
