import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Those that take longest, many of them with waiting: begun first, so that none runs on alone at the end. */
const slow = [
  "cli/door",
  "queue/kill",
  "web/walk",
  "demo/demo",
  "queue/worker",
  "queue/outage",
  "database/embedded",
  "cli/start",
  "cli/stop",
  "bench/bench",
  "chaos/chaos",
  "rehearsal/backtest",
  "message/open-sending",
  "cli/check",
  "cli/plan",
  "cli/running",
  "rehearsal/run-tests",
  "rehearsal/played-props",
  "plan/make-plan",
  "story/birthday",
  "story/example",
];

export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = slow.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return place === -1 ? slow.length : place;
    };
    const byLength = super.sort.bind(this);
    return (await byLength(files)).toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}
