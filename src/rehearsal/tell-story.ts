import { writeMoment } from "./moment.ts";
import type { Path, PathPassage } from "./path.ts";
import type { TestResult } from "./run-tests.ts";
import type { Happening } from "./test-file.ts";
import { shown } from "./verdict.ts";

interface Line {
  readonly at: Date;
  readonly text: string;
}

/**
 * A failed test as it went: the title, what is not as it should be, and for every customer of whom something is wrong all
 * that happened to them, in the order of time, and the steps they came by.
 */
export function tellStory({ test, failures, paths, trails }: TestResult): readonly string[] {
  const { file, line, title, zone } = test;
  const wrong = failures.map((failure) => `  ${file}:${failure.line} ${failure.message}`);
  const shownNames = [...paths].filter(
    ([name]) => paths.size === 1 || failures.some(({ message }) => message.includes(name)),
  );
  const stories = shownNames.flatMap(([name, path]) => [
    `  what happened to ${name}:`,
    ...linesOf(test.given, test.when, name, path, zone).map(
      ({ at, text }) => `    ${writeMoment(at, zone)}  ${text}`,
    ),
    ...(trails.get(name) ?? []).map((line) => `    ${line}`),
  ]);
  return [`${file}:${line} ${title}`, ...wrong, ...stories];
}

function linesOf(
  given: readonly Happening[],
  when: readonly Happening[],
  name: string,
  path: Path,
  zone: string,
): readonly Line[] {
  const own = [...given, ...when].filter(({ customer }) => customer === name);
  return [
    ...own.map((happening) => ({ at: happening.at, text: `${name} ${describe(happening)}` })),
    ...path.passages.flatMap(passageLines),
    ...path.messages.map((message) => ({
      at: message.at,
      text: shown(message, zone).replace(` at ${writeMoment(message.at, zone)}`, ""),
    })),
    ...path.passages.flatMap((passage) => endLine(passage, zone)),
  ].toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

function describe(happening: Happening): string {
  switch (happening.kind) {
    case "event": {
      const { total } = happening.properties;
      return `${happening.event}${total === undefined ? "" : ` (total ${JSON.stringify(total)})`}`;
    }
    case "message":
      return `${happening.act} ${happening.message ?? "the last message"}`;
    case "traits":
      return `becomes ${Object.keys(happening.traits).join(", ")}`;
    case "task":
      return `task done as ${happening.outcome}`;
    case "consent":
      return `${happening.state === "granted" ? "agrees to" : "withdraws from"} ${happening.topic} on ${happening.channel}`;
  }
}

function passageLines({ journey, enteredAt, state, reason }: PathPassage): readonly Line[] {
  const isHeldOut = state === "exited" && reason === "holdout";
  return [
    {
      at: enteredAt,
      text: isHeldOut ? `is left alone by ${journey} (holdout)` : `enters ${journey}`,
    },
  ];
}

function endLine(passage: PathPassage, zone: string): readonly Line[] {
  const { journey, state, step, reason, finishedAt, movedAt, dueAt } = passage;
  if (reason === "holdout") return [];
  if (state === "completed" && finishedAt !== null)
    return [{ at: finishedAt, text: `completes ${journey}` }];
  if (state === "exited" && finishedAt !== null)
    return [{ at: finishedAt, text: `exits ${journey}: ${reason ?? ""}` }];
  if (state === "held")
    return [{ at: movedAt, text: `is held in ${journey} at ${step ?? ""}: ${reason ?? ""}` }];
  const until = dueAt === null ? "" : ` until ${writeMoment(dueAt, zone)}`;
  return [{ at: movedAt, text: `waits in ${journey} for ${step ?? ""}${until}` }];
}
