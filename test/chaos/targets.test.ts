import { expect, it } from "vitest";
import {
  badEnd,
  earlyCalls,
  grown,
  lateAnswers,
  lateResumes,
  tooFast,
  unfair,
  busyInVain,
} from "../../chaos/targets.ts";
import type { StubLine } from "../../src/channel/stub-log.ts";

function aCallAt(ms: number, status: number | null = null): StubLine {
  const of = { provider: "sendgrid", deliveryId: "a", attempt: 1, to: "to a", says: "hello a" };
  return { at: new Date(ms).toISOString(), ...of, taken: true, status, travels: "whole" };
}

it.each<[string, string[], string[]]>([
  ["calls go on in time", lateResumes([aCallAt(900), aCallAt(31_000)], [1000], 30_000), []],
  [
    "calls go on too late",
    lateResumes([aCallAt(900), aCallAt(31_001)], [1000], 30_000),
    ["after strike 1 nobody was called for 30001 ms, expected 30000 ms at most"],
  ],
  [
    "calls that go on for a moment and then stop",
    lateResumes([aCallAt(1100), aCallAt(31_101)], [1000], 30_000),
    ["after strike 1 nobody was called for 30001 ms, expected 30000 ms at most"],
  ],
  [
    "a strike after the last call, beside one before it",
    lateResumes([aCallAt(900)], [100, 1000], 30_000),
    [],
  ],
  [
    "strikes that come when all is done",
    lateResumes([aCallAt(900)], [1000, 2000], 30_000),
    ["no call was left to be made after a strike"],
  ],
  ["a stop in time", badEnd({ code: 0, ms: 32_000 }, 32_000), []],
  [
    "a stop that takes too long",
    badEnd({ code: 0, ms: 32_001 }, 32_000),
    ["a process that was asked to stop took 32001 ms, expected 32000 at most"],
  ],
  [
    "a stop that is a crash",
    badEnd({ code: "SIGKILL", ms: 1 }, 32_000),
    ["a process that was asked to stop ended with SIGKILL"],
  ],
  ["calls held up until their deadline", lateAnswers([2000, 3000, 3000], 2000), []],
  [
    "calls held up longer",
    lateAnswers([3001, 3001, 3001], 2000),
    ["one call in ten ended 1001 ms or more after its deadline"],
  ],
  [
    "one of many calls held up much longer",
    lateAnswers([...Array<number>(20).fill(2000), 7001], 2000),
    ["a call ended 5001 ms after its deadline"],
  ],
  ["no call held up at all", lateAnswers([], 2000), ["no call was held up"]],
  ["a worker that stays small", grown(200 * 2 ** 20), []],
  [
    "a worker that keeps what it is given",
    grown(257 * 2 ** 20),
    ["a worker grew by 257 MB, expected 256 MB at most"],
  ],
  ["a rate that is kept", tooFast([0, 10, 1000, 1010], 2, 1000), []],
  [
    "a rate that is not",
    tooFast([0, 10, 999], 2, 1000),
    ["3 calls within 1000 ms, expected 2 at most"],
  ],
])("%s", (_, told, faults) => {
  expect(told).toEqual(faults);
});

const throttles = [
  { manner: "retry-after", fromMs: 0, restMs: 3000 },
  { manner: "neither", fromMs: 10_000, restMs: 1000 },
];

it("each manner of saying 429 is judged by itself", () => {
  const first = [aCallAt(100, 429), aCallAt(200), aCallAt(4000)];
  const second = [aCallAt(10_500, 429), aCallAt(10_600), aCallAt(10_700), aCallAt(12_000)];
  expect(earlyCalls([...first, ...second], throttles, 15, 2)).toEqual([]);
  expect(earlyCalls([...first, ...second], throttles, 15, 1)).toEqual([
    "neither: 2 calls before the reset, expected 1 in flight at most",
  ]);
});

it("a provider that never said 429 proves nothing", () => {
  expect(earlyCalls([aCallAt(100, 429), aCallAt(20_000)], throttles, 15, 2)).toEqual([
    "neither: nobody was told to wait",
  ]);
});

it("a journey's share counts from when it has something to send until its last call", () => {
  const turns = [
    ...[1, 2, 3, 4].map((at) => ({ at, journey: "campaign" })),
    { at: 5, journey: "small" },
    ...[6, 7, 8].map((at) => ({ at, journey: "campaign" })),
    { at: 9, journey: "small" },
    ...[10, 11, 12, 13].map((at) => ({ at, journey: "campaign" })),
  ];
  expect(unfair(turns, "small", 5)).toEqual([]);
  expect(unfair(turns, "small", 1)).toEqual(["small had 22 % of the calls, expected 25 at least"]);
  expect(unfair(turns, "another", 1)).toEqual(["another sent nothing"]);
});

it("a worker that can do nothing neither uses a processor up nor fills its log", () => {
  expect(busyInVain({ seconds: 10, processor: 4, lines: 150 })).toEqual([]);
  expect(busyInVain({ seconds: 10, processor: 8, lines: 150 })).toEqual([
    "a worker used 80 % of a processor while nothing could be done",
  ]);
  expect(busyInVain({ seconds: 10, processor: 4, lines: 330 })).toEqual([
    "a worker wrote 33 lines a second while nothing could be done",
  ]);
});
