import { writeMoment } from "./moment.ts";
import type { Path, PathMessage, PathPassage } from "./path.ts";
import { type Expected, type TestCase, lastNamed } from "./test-file.ts";

/** What is not as a test has it, and the line that says how it should be. */
export interface Failure {
  readonly line: number;
  readonly message: string;
}

type ExpectedMessage = Extract<Expected, { kind: "message" }>;
type ExpectedPassage = Extract<Expected, { kind: "passage" }>;

/** Every line of `then:` against what came of it, and every message against the lines. */
export function judge(test: TestCase, paths: ReadonlyMap<string, Path>): readonly Failure[] {
  return [...paths].flatMap(([customer, path]) => {
    const lines = test.then.filter((line) => line.customer === customer);
    const messages = lines.filter((line) => line.kind === "message");
    const passages = lines.filter((line) => line.kind === "passage");
    return [
      ...judgeMessages(test, customer, messages, path),
      ...passages.flatMap((line) => judgePassage(test, line, path)),
    ];
  });
}

/** Each line takes the first message that is as it says; then the nearest of those left over explain one another. */
function judgeMessages(
  test: TestCase,
  customer: string,
  lines: readonly ExpectedMessage[],
  path: Path,
): readonly Failure[] {
  const left = new Set(path.messages);
  const open = lines.filter((line) => {
    const found = [...left].find((message) => differences(test, line, message).length === 0);
    if (found !== undefined) left.delete(found);
    return found === undefined;
  });
  const unmet = open.map((line) => {
    const nearest = nearestOf(test, line, [...left]);
    if (nearest !== undefined) left.delete(nearest);
    return { line: line.line, message: unmetBy(test, line, nearest) };
  });
  // What was not sent needs no line, unless it is spoken of: the ledger is full of good reasons.
  const surplus = [...left].filter(({ isSent }) => isSent);
  return [
    ...unmet,
    ...surplus.map((message) => ({
      line: test.line,
      message: `${customer}: expected no further message, got ${shown(message, test.zone)}`,
    })),
  ];
}

function differences(
  { zone }: TestCase,
  line: ExpectedMessage,
  message: PathMessage,
): readonly string[] {
  const is = (what: string, holds: boolean) => (holds ? [] : [what]);
  const isRefused = line.refused !== null;
  return [
    ...is("template", line.template === message.template),
    ...is("refused", message.isSent !== isRefused),
    ...is("by", line.by === null || line.by === message.channel),
    ...is("at", line.at === null || writeMoment(line.at, zone) === writeMoment(message.at, zone)),
    ...is("subject", line.subject === null || (message.subject ?? "").includes(line.subject)),
    ...is(
      "says",
      line.says.every((text) => message.text.includes(text)),
    ),
    ...is("reason", !isRefused || (message.reason ?? message.state).includes(line.refused ?? "")),
  ];
}

function nearestOf(
  test: TestCase,
  line: ExpectedMessage,
  messages: readonly PathMessage[],
): PathMessage | undefined {
  const [first] = messages
    .map((message) => ({ message, differences: differences(test, line, message) }))
    .filter((one) => !one.differences.includes("template") || one.differences.length === 1)
    .toSorted((a, b) => a.differences.length - b.differences.length);
  return first?.message;
}

function unmetBy(test: TestCase, line: ExpectedMessage, nearest: PathMessage | undefined): string {
  const { zone } = test;
  const at = line.at === null ? "" : ` at ${writeMoment(line.at, zone)}`;
  const by = line.by === null ? "" : `${line.by} `;
  const refused = line.refused === null ? "" : `, refused: ${line.refused}`;
  const wanted = `${line.customer}: expected ${by}${line.template}${at}${refused}`;
  if (nearest === undefined) return `${wanted}, got nothing`;
  const kinds = differences(test, line, nearest);
  const said = [
    ...(kinds.includes("subject")
      ? [`whose subject is "${nearest.subject ?? ""}" and lacks "${line.subject ?? ""}"`]
      : []),
    ...(kinds.includes("says")
      ? line.says
          .filter((text) => !nearest.text.includes(text))
          .map((text) => `that does not say "${text}"`)
      : []),
  ];
  return `${wanted}, got ${[shown(nearest, zone), ...said].join(" ")}`;
}

function judgePassage(test: TestCase, line: ExpectedPassage, path: Path): readonly Failure[] {
  const mine = path.passages.filter(({ journey }) => journey === line.journey);
  const early = line.state === "stays out" ? tooEarly(test, line) : "";
  if (early !== "") return [{ line: line.line, message: `${line.customer}: ${early}` }];
  if (
    line.state === "stays out" ? mine.length === 0 : mine.some((one) => isAsSaid(test, line, one))
  )
    return [];
  const { zone } = test;
  const at = line.at === null ? "" : ` at ${writeMoment(line.at, zone)}`;
  const as = line.as === null ? "" : ` as "${line.as}"`;
  const step = line.step === null ? "" : ` for ${line.step}`;
  const got =
    mine.length === 0
      ? `never entered${soFar(test, line)}`
      : mine.map((one) => `${whereabouts(one, zone)}${goalOf(line, one, zone)}`).join("; ");
  const wanted = `${line.customer}: expected that ${line.customer} ${line.state}${step}${as}${at}`;
  return [{ line: line.line, message: `${wanted} (${line.journey}), got: ${got}` }];
}

/** By the clock nobody enters a journey before it has moved. */
function tooEarly(test: TestCase, { journey }: ExpectedPassage): string {
  const start = startOf(test, journey);
  const isStill = (start === "date" || start === "every") && lastNamed(test) <= test.begins;
  return isStill
    ? `that nobody enters ${journey} at the very moment the test begins proves nothing; say how long the clock is to run, such as until: +2 days`
    : "";
}

/** A clock that stopped too early is the likeliest reason of all. */
function soFar(test: TestCase, { journey }: ExpectedPassage): string {
  const last = lastNamed(test);
  const start = startOf(test, journey);
  const isByClock = start === "date" || start === "every" || start === "segment";
  return isByClock && test.until === null
    ? ` by ${writeMoment(last, test.zone)}, the last moment the test names (until: goes further)`
    : "";
}

function startOf({ journeys }: TestCase, name: string) {
  return journeys.find(({ journey }) => journey.name === name)?.journey.start.kind;
}

function isAsSaid({ zone }: TestCase, line: ExpectedPassage, passage: PathPassage): boolean {
  const at = momentOfState(line, passage);
  if (at === null) return false;
  const isInTime = line.at === null || writeMoment(line.at, zone) === writeMoment(at, zone);
  const isSo = line.as === null || (passage.reason ?? "").includes(line.as);
  return isInTime && isSo && (line.step === null || line.step === passage.step);
}

function goalOf({ state }: ExpectedPassage, { convertedAt }: PathPassage, zone: string): string {
  if (state !== "converts") return "";
  return convertedAt === null
    ? ", without the goal"
    : `, the goal at ${writeMoment(convertedAt, zone)}`;
}

/** When the passage came into the state the line speaks of; null when it did not. */
function momentOfState({ state }: ExpectedPassage, passage: PathPassage): Date | null {
  const finished = passage.finishedAt ?? passage.movedAt;
  switch (state) {
    case "enters":
      return passage.enteredAt;
    case "converts":
      return passage.convertedAt;
    case "completes":
      return passage.state === "completed" ? finished : null;
    case "exits":
      return passage.state === "exited" ? finished : null;
    case "is held":
      return passage.state === "held" ? passage.movedAt : null;
    case "waits":
      return passage.state === "waiting" ? passage.movedAt : null;
    case "stays out":
      return null;
  }
}

/** "email thank-you at 2026-03-02 09:00", with its reason where it did not leave. */
export function shown(message: PathMessage, zone: string): string {
  const { channel, template, at, isSent, state, reason } = message;
  const fate = isSent ? "" : ` (${state}: ${reason ?? "still to be sent"})`;
  return `${channel} ${template} at ${writeMoment(at, zone)}${fate}`;
}

function whereabouts(passage: PathPassage, zone: string): string {
  const { state, step, reason, dueAt, finishedAt } = passage;
  const when = finishedAt === null ? "" : ` at ${writeMoment(finishedAt, zone)}`;
  if (state === "exited") return `exited${when}: ${reason ?? ""}`;
  if (state === "held") return `held at ${step ?? ""}: ${reason ?? ""}`;
  if (state === "completed") return `completed${when}`;
  return `waiting for ${step ?? ""}${dueAt === null ? "" : ` until ${writeMoment(dueAt, zone)}`}`;
}
