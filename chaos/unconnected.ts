import { sql } from "kysely";
import { makeCertificates } from "./certificates.ts";
import { Door } from "./door.ts";
import { readLog } from "./evidence.ts";
import { writeProject } from "./project.ts";
import type { Scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { concurrency, patientDeadline } from "./sizes.ts";
import { lateResumes, silencesAfter, targets } from "./targets.ts";

const workers = 2;
/** A loaded machine takes its time, and nothing here is about silence. */
const patient = { deadline: patientDeadline };
/** Of each worker in an outage of seconds: rests that double, and lanes that were calling when it began. */
const mostTries = 10;

/** One way to be out of reach, and the words an operator reads of it. */
interface Outage {
  readonly words: string;
  begin(): Promise<void>;
}

/**
 * The provider cannot be reached for a while, again and again. Nothing has left then, so nothing may be left unknown, no
 * attempt is charged, and calls go on soon after. Meanwhile the terminal says why nothing goes out.
 */
async function shutOut(
  stage: Stage,
  door: Door,
  outages: readonly Outage[],
  given: { readonly end: () => Promise<void>; readonly environment: Record<string, string> },
): Promise<void> {
  const ends: number[] = [];
  const all = Array.from({ length: stage.size.strikes }, () => outages).flat();
  for (const [turn, { words, begin }] of all.slice(0, stage.size.strikes).entries()) {
    await stage.untilAsked((0.8 * (turn + 1)) / (stage.size.strikes + 1));
    await begin();
    for (const command of turn === 0 ? ["status", "doctor"] : ["status"])
      await stage.until(`waypost ${command} to say "${words}"`, async () =>
        (await stage.waypost(command, given)).includes(words),
      );
    await given.end();
    ends.push(Date.now());
  }
  await stage.hurriedRest();
  stage.window = door.cut;
  const lines = readLog(stage.log);
  stage.faults.push(...lateResumes(lines, ends, targets.reconnectMs));
  await stage.expectNone("charged an attempt for a connection that was never made", "strikes > 0");
  const silences = silencesAfter(lines, ends).filter((ms) => ms < Infinity);
  const tries = await triesInVain(stage);
  const most = stage.size.strikes * (workers + 1) * concurrency * mostTries;
  if (tries === 0) stage.faults.push("expected calls that reached nobody, found none");
  if (tries > most)
    stage.faults.push(`${tries} calls that reached nobody, expected ${most} at most`);
  stage.notes.push(
    `${(Math.max(...silences) / 1000).toFixed(1)} s without a call at most after ${ends.length} outages, ${tries} calls that reached nobody`,
  );
}

async function triesInVain(stage: Stage): Promise<number> {
  const { rows } = await stage.look((database) =>
    sql<{ count: number }>`select count(*)::int as count from attempts
      where outcome = 'later' and code is distinct from 'not_called'`.execute(database),
  );
  return rows[0]?.count ?? 0;
}

const tls: Scenario = {
  name: "tls",
  when: "the provider's certificate has expired, or is signed by nobody we trust, and is renewed",
  proves: ["G17"],
  async play(stage) {
    writeProject(stage.folder, patient);
    const { authority, good, expired, untrusted } = makeCertificates(stage.folder);
    const door = await Door.open(stage.stub.url, stage.ground.closers, good);
    const environment = { SENDGRID_BASE_URL: door.url, NODE_EXTRA_CA_CERTS: authority };
    await stage.workers(workers, { environment });
    await stage.signUp();
    const outages: readonly Outage[] = [
      { words: "certificate has expired", begin: () => door.show(expired) },
      { words: "nobody whom this machine trusts", begin: () => door.show(untrusted) },
    ];
    await shutOut(stage, door, outages, { environment, end: () => door.show(good) });
  },
};

const refusedConnections: Scenario = {
  name: "no-connection",
  when: "nobody listens at the provider's address for a while, and one worker never finds its name",
  proves: ["G16"],
  async play(stage) {
    writeProject(stage.folder, patient);
    const door = await Door.open(stage.stub.url, stage.ground.closers);
    const environment = { SENDGRID_BASE_URL: door.url };
    await stage.workers(workers, { environment });
    const lost = await stage.worker({
      environment: { SENDGRID_BASE_URL: "http://provider.invalid" },
    });
    await stage.signUp();
    const outages = [{ words: "nobody listens at its address", begin: () => door.shut() }];
    await shutOut(stage, door, outages, { environment, end: () => door.open() });
    if (lost.isGone) stage.faults.push("the worker that finds no name ended by itself");
  },
};

export const connectionScenarios: readonly Scenario[] = [tls, refusedConnections];
