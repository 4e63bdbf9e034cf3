import { readEvidence } from "./evidence.ts";
import type { Ground } from "./ground.ts";
import { judge } from "./oracle.ts";
import { told } from "./report.ts";
import type { Result } from "./scenario.ts";
import { Stage, type StageOptions } from "./stage.ts";
import { reasonOf } from "../src/errors.ts";

/**
 * A time that was not kept may be the machine's fault: a scenario that fails with every invariant held is played once
 * more, and both are told.
 */
export async function playPatiently(playOnce: () => Promise<Result>): Promise<Result> {
  const first = await playOnce();
  if (first.faults.length === 0 || first.violations > 0) return first;
  const second = await playOnce();
  const notes = first.faults.map((fault) => `at first: ${fault}`);
  return { ...second, notes: [...second.notes, ...notes] };
}

/**
 * Plays one scenario to its rest, and compares what the provider was asked with what the ledger says. What breaks on our
 * side fails this scenario and leaves the others beside it alone.
 */
export async function play(ground: Ground, options: StageOptions): Promise<Result> {
  const { scenario, queues, seed } = options;
  const started = performance.now();
  try {
    return await playAndJudge(ground, options, started);
  } catch (thrown) {
    const judged = { lost: 0, doubled: 0, unknown: 0, violations: 0, customers: 0, requests: 0 };
    return {
      scenario: scenario.name,
      queues,
      proves: scenario.proves,
      seed,
      seconds: (performance.now() - started) / 1000,
      ...judged,
      faults: [`it could not be played or judged: ${reasonOf(thrown)}`],
      notes: [],
    };
  }
}

async function playAndJudge(
  ground: Ground,
  options: StageOptions,
  started: number,
): Promise<Result> {
  const { scenario, queues, seed } = options;
  const stage = await Stage.open(ground, options);
  try {
    await scenario.play(stage);
    await stage.rest();
    await stage.stopAll();
  } catch (thrown) {
    stage.faults.push(reasonOf(thrown));
  }
  const evidence = await readEvidence(stage.database, stage.log, stage.expected);
  const { violations, ...judged } = judge(evidence);
  const faults = [...stage.faults, ...violations.map(told)];
  await stage.close();
  return {
    scenario: scenario.name,
    queues,
    proves: scenario.proves,
    seed,
    customers: stage.customers,
    requests: evidence.lines.length,
    seconds: (performance.now() - started) / 1000,
    ...judged,
    violations: violations.length,
    faults,
    notes: stage.notes,
  };
}
