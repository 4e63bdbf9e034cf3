import type { FaultAction, FaultPoint } from "../src/fault.ts";
import type { Process } from "./process.ts";
import { openCalls } from "./progress.ts";
import type { Scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { concurrency } from "./sizes.ts";

/** Places a worker passes whatever it does, and in the order of a message's life. */
const places: readonly FaultPoint[] = [
  "after-advance",
  "claim",
  "after-claim",
  "after-open",
  "before-call",
  "during-call",
  "after-answer",
  "before-record",
  "after-record",
  "before-ack",
  "report-apply",
  "sweep",
];

const at = (action: FaultAction, passing: number) =>
  places.map((place) => `${place}:${action}:${passing}`).join(",");

/** Reports come by themselves, so that a worker passes where they are applied. */
async function prepare(stage: Stage): Promise<void> {
  await stage.reportSo({ pace: 1, eventsInOnePost: 20 });
  await stage.web();
}

const killedThere: Scenario = {
  name: "fault-kill",
  when: "a worker is killed at each place where it matters",
  proves: ["G10"],
  async play(stage) {
    await prepare(stage);
    const inFlight = new Set<string>();
    for (const [turn, place] of places.entries()) {
      const worker = await stage.worker({ faults: `${place}:kill:2` });
      // In two parts, since some places are passed once for all who come together.
      for (const part of [1, 2]) {
        await stage.signUp(2 * turn + part, 2 * places.length);
        await stage.until(
          `${place} to strike, or a pause`,
          async () => worker.isGone || (await stage.isQuiet()),
        );
      }
      await stage.until(`${place} to strike`, async () => worker.isGone);
      expectStruck(stage, worker, `${place} kill`);
      await noteInFlight(stage, place, inFlight);
    }
    stage.window = inFlight.size;
    await stage.worker();
    await stage.rest();
    await stage.reported();
    stage.notes.push(`${places.length} killed, ${stage.window} calls in flight`);
  },
};

/**
 * Nothing may be left unknown but what a dead worker had not ended. Before the next is started, which would take that
 * over; what another left that died before is no news.
 */
async function noteInFlight(stage: Stage, place: string, known: Set<string>): Promise<void> {
  const before = known.size;
  for (const id of await stage.look(openCalls)) known.add(id);
  const more = known.size - before;
  if (more > concurrency)
    stage.faults.push(`${place}: ${more} in flight, expected ${concurrency} at most`);
}

/** It broke where it was told to, and nowhere else. */
function expectStruck(stage: Stage, worker: Process, fault: string): void {
  if (worker.struck.join() !== fault)
    stage.faults.push(`expected ${fault} to strike, found ${worker.struck.join() || "none"}`);
}

const thrownThere: Scenario = {
  name: "fault-throw",
  when: "at each of these places something throws, or is applied and its answer lost",
  proves: ["G10"],
  async play(stage) {
    await prepare(stage);
    const worker = await stage.worker({ faults: `${at("throw", 3)},${at("lost", 5)}` });
    const turns = 12;
    for (let turn = 1; turn <= turns; turn++) {
      await stage.signUp(turn, turns);
      await stage.quiet();
    }
    await stage.rest();
    await stage.until(
      "all faults to strike",
      async () => worker.struck.length >= 2 * places.length,
    );
    await stage.reported();
    // What was to be called and threw before has not left.
    stage.window = 2;
    if (worker.isGone) stage.faults.push("the worker ended over a fault");
    stage.notes.push(`${worker.struck.length} faults struck`);
  },
};

const hungThere: Scenario = {
  name: "fault-hang",
  when: "a worker hangs at each of these places, and another goes on",
  proves: ["G10"],
  async play(stage) {
    await prepare(stage);
    for (const [turn, place] of places.entries()) {
      const hanging = await stage.worker({ faults: `${place}:hang:2` });
      for (const part of [1, 2]) {
        await stage.signUp(2 * turn + part, 2 * places.length);
        await stage.until(
          `${place} to strike, or a pause`,
          async () => hanging.struck.length > 0 || (await stage.isQuiet()),
        );
      }
      await stage.until(`${place} to strike`, async () => hanging.struck.length > 0);
      expectStruck(stage, hanging, `${place} hang`);
      const other = await stage.worker();
      await goOn(stage, (turn + 1) / places.length);
      await stage.kill(hanging);
      await stage.until(`the rest of ${place}`, () => stage.isQuiet());
      await other.kill();
    }
    // What hangs before its bytes have left is killed there, and nobody can tell: the calls of two places.
    stage.window = 2 * concurrency;
    await stage.worker();
    await stage.reported();
    stage.notes.push(`hung at ${places.length} places`);
  },
};

/** All but what the one that hangs has in its hands have their message; the rest comes free when it ends. */
async function goOn(stage: Stage, part: number): Promise<void> {
  const others = Math.round(part * stage.customers) - concurrency;
  await stage.until("the others' messages", async () => (await stage.ended()) >= others);
}

export const breaks: readonly Scenario[] = [killedThere, thrownThere, hungThere];
