import { type Mistake, nearMiss } from "../errors.ts";
import { type Place, readPlaces } from "../journey/place.ts";
import type { JourneyFile } from "../journey/read-project.ts";
import {
  type Reader,
  list,
  map,
  mapping,
  nullable,
  oneOrMore,
  optional,
  required,
} from "../journey/reader.ts";
import { text, zone } from "../journey/scalar.ts";
import { momentOf, readDay } from "./moment.ts";
import { readCast } from "./read-cast.ts";
import { expectedIn } from "./read-expected.ts";
import { happeningIn } from "./read-happening.ts";
import { readProps } from "./read-props.ts";
import type { Project, Props, Stage, TestCase } from "./test-file.ts";

export interface TestFileRead {
  readonly cases: readonly TestCase[];
  readonly mistakes: readonly Mistake[];
}

/** Where time begins when a file does not say: a Monday morning outside of every change of clocks. */
const usualBeginning = "2026-03-02 09:00";

/** Reads a `*.test.yaml`, with every mistake in it at its line. */
export function readTestFile(source: string, file: string, project: Project): TestFileRead {
  const { result, mistakes } = readPlaces(source, file, (root) => fileIn(root, file, project));
  return { cases: result ?? [], mistakes };
}

function fileIn(root: Place, file: string, project: Project): readonly TestCase[] | undefined {
  const head = mapping(
    'a file of tests: a mapping that begins with "journey: <name>"',
    {
      journey: required(oneOrMore("the name of a journey", journeyNamed(project.journeys))),
      zone: optional(zone, project.zone),
      begins: optional(text('a time such as "2026-03-01 09:00"'), usualBeginning),
    },
    ["customers", "vouchers", "answers", "tests"],
  )(root);
  if (head === undefined) return undefined;
  const begins = readDay(head.begins, head.zone);
  if (begins === undefined) return root.at("begins").expected('a time such as "2026-03-01 09:00"');
  const { journeys: _, ...shop } = project;
  const stage = { ...shop, begins, zone: head.zone, journeys: head.journey };
  const shared = readCast(root.at("customers"), stage);
  const props = readProps(root, stage);
  return list('a list of tests, each beginning with "test: <what is to be>"', (place) =>
    caseIn(place, file, { ...stage, cast: shared }, props),
  )(root.at("tests"));
}

const journeyNamed =
  (journeys: readonly JourneyFile[]): Reader<JourneyFile> =>
  (place) => {
    const found = journeys.find(({ journey }) => journey.name === place.value);
    if (found !== undefined) return found;
    const names = journeys.map(({ journey }) => journey.name);
    const meant = typeof place.value === "string" ? nearMiss(place.value, names) : undefined;
    return place.expected(
      meant === undefined
        ? `a journey (${names.join(", ")})`
        : `a journey (did you mean "${meant}"?)`,
    );
  };

/** Its own customers, pools and answers stand beside those of the file, or in the place of one with the same name. */
function caseIn(place: Place, file: string, stage: Stage, shared: Props): TestCase | undefined {
  const own = readCast(place.at("customers"), stage);
  const names = new Set(own.map(({ name }) => name));
  const cast = [...stage.cast.filter(({ name }) => !names.has(name)), ...own];
  const here = { ...stage, cast };
  const { vouchers, answers } = readProps(place, stage);
  const props = {
    vouchers: { ...shared.vouchers, ...vouchers },
    answers: { ...shared.answers, ...answers },
  };
  const happenings = list("a list of what happens", happeningIn(here));
  const read = mapping(
    'a test: a mapping that begins with "test: <what is to be>"',
    {
      test: required(text("what is to be, in a sentence")),
      given: optional(inTime(happenings, "before", here), []),
      when: optional(inTime(happenings, "after", here), []),
      then: required(expectations(here)),
      until: nullable(momentOf(here)),
    },
    ["customers", "vouchers", "answers"],
  )(place);
  if (read === undefined) return undefined;
  const { test, ...rest } = read;
  const { begins, zone: ofTest, journeys } = stage;
  const known = { title: test, file, line: place.line, journeys, begins, zone: ofTest };
  return { ...rest, ...known, cast, props };
}

/** `then: nothing` for what must leave no trace. */
function expectations(stage: Stage): TestCase["then"] extends infer T ? Reader<T> : never {
  const several = list("a list of what is to come of it, or nothing", expectedIn(stage));
  return (place) => (place.value === "nothing" ? [] : several(place));
}

function inTime<T extends { readonly at: Date }>(
  read: Reader<readonly T[]>,
  side: "before" | "after",
  { begins }: Stage,
): Reader<readonly T[]> {
  return map(read, (happenings, place) => {
    for (const [index, { at }] of happenings.entries()) {
      if (side === "before" ? at < begins : at >= begins) continue;
      place.items[index]?.wrong(
        side === "before"
          ? 'expected what was before the journey began, such as "-1 day"; what comes later goes under "when"'
          : 'expected what comes when the journey has begun, such as "+1 day"; what was before goes under "given"',
      );
    }
    return happenings;
  });
}
