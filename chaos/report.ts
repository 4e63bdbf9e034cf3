import type { Result } from "./scenario.ts";
import type { Size } from "./sizes.ts";
import type { Violation } from "./violation.ts";

export interface Run {
  readonly seed: string;
  readonly size: Size;
  readonly seconds: number;
}

const columns: readonly (readonly [string, number, (result: Result) => string])[] = [
  ["scenario", 16, ({ scenario }) => scenario],
  ["queues", 9, ({ queues }) => queues],
  ["customers", 9, ({ customers }) => String(customers)],
  ["requests", 9, ({ requests }) => String(requests)],
  ["lost", 5, ({ lost }) => String(lost)],
  ["doubled", 8, ({ doubled }) => String(doubled)],
  ["unknown", 8, ({ unknown }) => String(unknown)],
  ["seconds", 8, ({ seconds }) => seconds.toFixed(1)],
  ["", 5, ({ faults }) => (faults.length === 0 ? "pass" : "FAIL")],
];

export function headline(): string {
  return columns
    .map(([title, width]) => title.padEnd(width))
    .join(" ")
    .trimEnd();
}

/** One line a result, with what was noted, and below it every fault with the seed that brings it back. */
export function lineOf(result: Result): string {
  const line = columns.map(([, width, value]) => value(result).padEnd(width)).join(" ");
  const noted = [...result.proves, ...result.notes].join(", ");
  const faults = result.faults.map((fault) => `  !! ${fault}`);
  if (faults.length > 0)
    faults.push(
      `  !! again: npm run chaos -- --only ${result.scenario} --backend ${result.queues} --seed ${result.seed}`,
    );
  return [`${line} ${noted}`.trimEnd(), ...faults].join("\n");
}

export function summary(results: readonly Result[], { seconds, seed }: Run): string {
  const failed = results.filter(({ faults }) => faults.length > 0).length;
  const sum = (of: (result: Result) => number) => results.reduce((all, one) => all + of(one), 0);
  return `${results.length} scenarios, ${failed} failed: ${sum((one) => one.lost)} lost, ${sum((one) => one.doubled)} doubled; seed ${seed}, ${Math.round(seconds)} s`;
}

/** For docs/crash-contract.md. */
export function markdown(results: readonly Result[], { seed, size, seconds }: Run): string {
  const date = new Date().toISOString().slice(0, 10);
  const rows = results.map(
    (one) =>
      `| ${one.scenario} | ${one.proves.join(" ")} | ${one.queues} | ${one.customers} | ${one.requests} | ${one.lost} | ${one.doubled} | ${one.unknown} | ${one.seconds.toFixed(0)} | ${one.faults.length === 0 ? "pass" : "FAIL"} | ${one.notes.join(", ")} |`,
  );
  return [
    `${date}, size ${size.name} (${size.customers} customers), seed ${seed}, ${Math.round(seconds)} s:`,
    "",
    "| scenario | proves | queues | customers | requests | lost | doubled | unknown | seconds | | notes |",
    "| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | --- |",
    ...rows,
  ].join("\n");
}

/** Some of the ids: all of them could be a hundred thousand. */
const shown = 5;

export function told({ invariant, what, ids }: Violation): string {
  const some = ids.slice(0, shown).join(" ");
  const more = ids.length > shown ? ` and ${ids.length - shown} more` : "";
  return `${invariant}: ${ids.length === 0 ? "" : `${ids.length} `}${what} ${some}${more}`.trim();
}
