import type { StubLine } from "../src/channel/stub-log.ts";

/**
 * Times and shares that are promised, judged by what was seen. Each tells what is wrong; nothing when all is well. The
 * times are the documented ones, which a loaded machine keeps as well.
 */
export const targets = {
  /** G4: sends go on, once the database is back. */
  resumeMs: 30_000,
  /** G5: sends go on, once the queue is lost. */
  refillMs: 60_000,
  /** G17: sends go on, once the provider can be reached: after the longest rest, and a little more. */
  reconnectMs: 60_000,
  /** G7: besides the deadline of the calls in flight. */
  stopMs: 30_000,
  /** G17: nine calls in ten end so soon after their deadline… */
  pastDeadlineMs: 1000,
  /** …and the others, on a machine that has much else to do. */
  farPastDeadlineMs: 5000,
  /** G17: what a worker may grow by, whatever its provider pours into it. */
  growthBytes: 256 * 1024 * 1024,
  /** Of a processor, and lines in its log a second, of a worker that can do nothing. */
  idleShare: 0.5,
  idleLines: 20,
  /** G20: of the marketing calls, while a campaign and a small journey both have something to send. */
  share: 0.25,
} as const;

/**
 * After each strike calls go on in time, and keep going on. One that comes when the last call has been made proves
 * nothing, so there must be another; who was never called is found by the oracle.
 */
export function lateResumes(
  lines: readonly StubLine[],
  strikes: readonly number[],
  withinMs: number,
): string[] {
  const silences = silencesAfter(lines, strikes);
  if (silences.every((ms) => ms === Infinity))
    return ["no call was left to be made after a strike"];
  return silences.flatMap((ms, index) =>
    ms === Infinity || ms <= withinMs
      ? []
      : [
          `after strike ${index + 1} nobody was called for ${ms} ms, expected ${withinMs} ms at most`,
        ],
  );
}

/** The longest time without a call from each strike until the next one, or the last call; infinite where none came. */
export function silencesAfter(lines: readonly StubLine[], strikes: readonly number[]): number[] {
  const times = lines.map(({ at }) => Date.parse(at)).toSorted((a, b) => a - b);
  return strikes.map((strike, index) => {
    const until = strikes[index + 1] ?? Infinity;
    const calls = times.filter((at) => at > strike && at < until);
    if (calls.length === 0) return Infinity;
    return calls.reduce((most, at, place) => Math.max(most, at - (calls[place - 1] ?? strike)), 0);
  });
}

/** How a process ended that was asked to. */
export interface End {
  readonly code: number | string | null;
  readonly ms: number;
}

export function badEnd({ code, ms }: End, withinMs: number): string[] {
  return [
    ...(code === 0 ? [] : [`a process that was asked to stop ended with ${code}`]),
    ...(ms <= withinMs
      ? []
      : [
          `a process that was asked to stop took ${Math.round(ms)} ms, expected ${withinMs} at most`,
        ]),
  ];
}

/** A provider that says 429 from a moment on, and how long nobody may call it after the first of them was answered. */
export interface Throttle {
  readonly manner: string;
  readonly fromMs: number;
  readonly restMs: number;
}

/** Only calls that were in flight come before the reset. */
export function earlyCalls(
  lines: readonly StubLine[],
  throttles: readonly Throttle[],
  answerMs: number,
  inFlight: number,
): string[] {
  return throttles.flatMap(({ manner, fromMs, restMs }) => {
    const calls = lines.map(({ at, status }) => ({ at: Date.parse(at), status }));
    const told = calls.find(({ at, status }) => status === 429 && at >= fromMs);
    if (told === undefined) return [`${manner}: nobody was told to wait`];
    const from = told.at + answerMs;
    const early = calls.filter(({ at }) => at > from && at < from + restMs).length;
    if (early <= inFlight) return [];
    return [`${manner}: ${early} calls before the reset, expected ${inFlight} in flight at most`];
  });
}

/** How long calls took that their provider would not end, in milliseconds. */
export function lateAnswers(tookMs: readonly number[], deadlineMs: number): string[] {
  if (tookMs.length === 0) return ["no call was held up"];
  const late = tookMs.toSorted((a, b) => a - b).map((ms) => ms - deadlineMs);
  const most = late[Math.floor(0.9 * (late.length - 1))] ?? 0;
  const last = late.at(-1) ?? 0;
  return [
    ...(most <= targets.pastDeadlineMs
      ? []
      : [`one call in ten ended ${Math.round(most)} ms or more after its deadline`]),
    ...(last <= targets.farPastDeadlineMs
      ? []
      : [`a call ended ${Math.round(last)} ms after its deadline`]),
  ];
}

export function grown(bytes: number): string[] {
  const inMegabytes = (count: number) => `${Math.round(count / 2 ** 20)} MB`;
  return bytes <= targets.growthBytes
    ? []
    : [
        `a worker grew by ${inMegabytes(bytes)}, expected ${inMegabytes(targets.growthBytes)} at most`,
      ];
}

/** No span of so many milliseconds holds more calls than the rate allows. */
export function tooFast(times: readonly number[], most: number, spanMs: number): string[] {
  const sorted = times.toSorted((a, b) => a - b);
  let [from, worst] = [0, 0];
  for (const [index, at] of sorted.entries()) {
    while ((sorted[from] ?? at) <= at - spanMs) from += 1;
    worst = Math.max(worst, index - from + 1);
  }
  return worst <= most ? [] : [`${worst} calls within ${spanMs} ms, expected ${most} at most`];
}

/** A call, and the journey whose message it was for. */
export interface Turn {
  readonly at: number;
  readonly journey: string;
}

/** The share of a journey in the calls of all of these, from the moment it has something to send until its last call. */
export function unfair(turns: readonly Turn[], journey: string, fromMs: number): string[] {
  const own = turns.filter((turn) => turn.journey === journey);
  const last = Math.max(...own.map(({ at }) => at));
  const meanwhile = turns.filter(({ at }) => at >= fromMs && at <= last);
  const share = own.length / meanwhile.length;
  if (own.length === 0) return [`${journey} sent nothing`];
  return share >= targets.share
    ? []
    : [
        `${journey} had ${Math.round(100 * share)} % of the calls, expected ${100 * targets.share} at least`,
      ];
}

/** What a worker did in so many seconds in which nothing could be done. */
export interface Idleness {
  readonly seconds: number;
  readonly processor: number;
  readonly lines: number;
}

export function busyInVain({ seconds, processor, lines }: Idleness): string[] {
  const [share, perSecond] = [processor / seconds, lines / seconds];
  return [
    ...(share <= targets.idleShare
      ? []
      : [`a worker used ${Math.round(100 * share)} % of a processor while nothing could be done`]),
    ...(perSecond <= targets.idleLines
      ? []
      : [`a worker wrote ${Math.round(perSecond)} lines a second while nothing could be done`]),
  ];
}
