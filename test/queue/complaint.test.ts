import { expect, test } from "vitest";
import type { Log } from "../../src/log.ts";
import { complain } from "../../src/queue/complaint.ts";

function aLog() {
  const said: object[] = [];
  const log = { warn: (what: object) => said.push(what) } as unknown as Log;
  return { log, said };
}

const gone = "connect ENOENT /run/postgres/.s.PGSQL.5432";

test("a server that is gone is told of every ten seconds, with how often it was missed", () => {
  const { log, said } = aLog();
  for (let at = 0; at <= 20_000; at += 100) complain(log, gone, "the connection broke", at);
  expect(said).toEqual([{ error: gone }, { error: gone, times: 100 }, { error: gone, times: 100 }]);
});

test("what is another thing is told at once, and what differs by a number is not", () => {
  const { log, said } = aLog();
  const full = (file: number) => `could not extend file "base/16384/${file}": No space left`;
  complain(log, gone, "the connection broke", 0);
  complain(log, full(17_001), "the connection broke", 10);
  complain(log, full(17_002), "the connection broke", 20);
  expect(said).toEqual([{ error: gone }, { error: full(17_001) }]);
});
