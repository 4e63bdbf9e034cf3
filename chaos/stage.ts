import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { sql } from "kysely";
import type { ForkedStub } from "../src/channel/provider-stub-process.ts";
import type { AftermathOptions } from "../src/channel/stub-aftermath.ts";
import { seededRandom } from "../src/channel/seeded-random.ts";
import type { Database } from "../src/database/database.ts";
import { reasonOf } from "../src/errors.ts";
import { freePort } from "../test/support/free-port.ts";
import type { Ending, Expected } from "./evidence.ts";
import type { Fresh, Ground } from "./ground.ts";
import { type Process, runCommand, startProcess } from "./process.ts";
import {
  countIn,
  isChannelPaused,
  isInboxEmpty,
  isReached,
  type Progress,
  progressOf,
  statesOf,
} from "./progress.ts";
import { writeProject } from "./project.ts";
import { openRelease, type Release, thisRelease } from "./release.ts";
import type { Queues, Scenario } from "./scenario.ts";
import { type Size, concurrency, deadline } from "./sizes.ts";
import { startStub } from "./stub.ts";
import { badEnd, targets } from "./targets.ts";

/** How long a wait may be in vain. A scenario that comes to rest takes seconds. */
const patienceMs = 240_000;
const lookEveryMs = 100;
const anHourMs = 3_600_000;
const hourEveryMs = 5000;
/** Half of the time after which a message is too late to be sent. */
const mostAheadMs = 12 * anHourMs;

export interface StageOptions {
  readonly scenario: Scenario;
  readonly queues: Queues;
  readonly size: Size;
  readonly seed: string;
  /** A checkout of a release before this one. */
  readonly older?: string | undefined;
}

/** What one scenario plays on: its database, its provider, its processes, and a look at how far they are. */
export class Stage {
  readonly size: Size;
  readonly seed: string;
  readonly queues: Queues;
  readonly customers: number;
  readonly random: () => number;
  readonly ground: Ground;
  readonly folder: string;
  /** The release that the scenario begins with. */
  readonly older: Release;
  readonly log: string;
  readonly notes: string[] = [];
  readonly faults: string[] = [];
  readonly processes: Process[] = [];
  /** Reports came in: what the provider has is not unknown any more. */
  isTold = false;
  /** How many messages may be left unknown: the calls in flight of whoever was killed. */
  window = 0;
  /** Where messages may end besides with their customers. */
  readonly endings: Ending[] = [];
  /** How many passages there must be in the end. */
  passages: number;
  readonly #fresh: Fresh;
  #stub: ForkedStub;
  readonly #webPort: number;

  private constructor(ground: Ground, options: StageOptions, made: Made) {
    this.ground = ground;
    this.size = options.size;
    this.seed = options.seed;
    this.queues = options.queues;
    this.customers = made.customers;
    this.passages = made.customers;
    this.random = seededRandom(`${options.seed} ${options.scenario.name} ${options.queues}`);
    this.folder = made.folder;
    this.older = made.release;
    this.log = made.log;
    this.#fresh = made.fresh;
    this.#stub = made.stub;
    this.#webPort = made.webPort;
  }

  static async open(ground: Ground, options: StageOptions): Promise<Stage> {
    const { scenario, size, queues, seed } = options;
    const customers = Math.round(size.customers * (scenario.crowd === true ? 1 : size.part));
    const folder = mkdtempSync(join(ground.folder, `${scenario.name}-`));
    writeProject(folder);
    const { older } = options;
    const release =
      scenario.older === true && older !== undefined ? await openRelease(older) : thisRelease;
    const fresh = await ground.fresh(customers, release);
    await release.applyWelcome(fresh.database, { class: scenario.class ?? "marketing" });
    if (queues === "redis") await ground.redis?.empty();
    const [log, webPort] = [join(folder, "stub.log"), await freePort()];
    const stub = await startStub(ground, { log, seed, webPort, webhooks: {} });
    return new Stage(ground, options, { customers, folder, release, log, fresh, stub, webPort });
  }

  get database(): Database {
    return this.#fresh.database;
  }
  get databaseUrl(): string {
    return this.#fresh.url;
  }
  get expected(): Expected {
    const { passages, window, isTold, endings } = this;
    return { passages, unknown: window, isTold, endings };
  }
  get stub(): ForkedStub {
    return this.#stub;
  }
  get webUrl(): string {
    return `http://127.0.0.1:${this.#webPort}`;
  }

  /** Another stub at the same log, which reports in another manner. Before anybody was started. */
  async reportSo(webhooks: AftermathOptions): Promise<void> {
    await this.#stub.close();
    const { log, ground } = this;
    const seed = String(this.random());
    this.#stub = await startStub(ground, { log, seed, webPort: this.#webPort, webhooks });
  }

  async worker(given: Given = {}): Promise<Process> {
    const worker = this.#process("worker", given);
    await worker.ready();
    return worker;
  }

  async workers(count: number, given: Given = {}): Promise<Process[]> {
    return Promise.all(Array.from({ length: count }, () => this.worker(given)));
  }

  async web(given: Given = {}): Promise<Process> {
    const web = this.#process("web", given);
    await web.ready();
    return web;
  }

  /** A copy of the database as it is at this moment; whoever was connected is cut off. */
  async backUp(): Promise<string> {
    return this.ground.copy(this.databaseUrl);
  }

  #process(role: "worker" | "web", given: Given): Process {
    const { ground, folder } = this;
    const started = startProcess({
      role,
      module: (given.release ?? thisRelease).breakable,
      folder,
      closers: ground.closers,
      clockMs: given.clockMs ?? 0,
      isHeard: given.isHeard ?? false,
      environment: this.#environment(given),
    });
    this.processes.push(started);
    return started;
  }

  #environment(given: Given): Readonly<Record<string, string | undefined>> {
    const { ground } = this;
    return {
      DATABASE_URL: given.databaseUrl ?? this.databaseUrl,
      ...(this.queues === "redis" ? { REDIS_URL: ground.redis?.url } : {}),
      SENDGRID_API_KEY: "key",
      SENDGRID_BASE_URL: this.#stub.url,
      TWILIO_ACCOUNT_SID: `AC${"0".repeat(32)}`,
      TWILIO_AUTH_TOKEN: this.#stub.twilioAuthToken,
      TWILIO_BASE_URL: this.#stub.url,
      TWILIO_FROM: "+15005550006",
      SENDGRID_WEBHOOK_KEY: this.#stub.sendgridPublicKey,
      WAYPOST_SECRET: "the chaos runs sign their links with this",
      WAYPOST_URL: this.webUrl,
      PORT: String(this.#webPort),
      LOG_LEVEL: "silent",
      ...(given.faults === undefined ? {} : { WAYPOST_FAULTS: given.faults }),
      ...given.environment,
    };
  }

  /** What a command of the terminal says to an operator. */
  async waypost(command: string, given: Given = {}): Promise<string> {
    return runCommand(command, this.folder, this.#environment(given));
  }

  /** Everybody signs up at once, or those whose turn it is; the workers hear of it. */
  async signUp(turn = 1, turns = 1): Promise<void> {
    const upTo = (done: number) => Math.round((this.customers * done) / turns);
    await this.happen("signed_up", upTo(turn), upTo(turn - 1));
  }

  /** Customers do it at once, up to that number. */
  async happen(event: string, upTo: number, after = 0): Promise<void> {
    // On a connection that lives: the one before may have been struck.
    await this.look(isReached);
    await sql`
      insert into pending_events (event_id, customer_id, name, occurred_at, properties)
      select nextval('event_ids'), id, ${event}::text, ${new Date()}, '{}' from customers
      where id > ${after} and id <= ${upTo} order by id`.execute(this.database);
    await sql`select pg_notify('waypost_events', '')`.execute(this.database);
  }

  /** Kills a worker; what it had in flight may be left unknown. */
  async kill(worker: Process): Promise<void> {
    this.window += concurrency;
    await worker.kill();
  }

  /** Workers that still run. */
  get alive(): Process[] {
    return this.processes.filter(({ isGone }) => !isGone);
  }

  async requests(): Promise<number> {
    return (await this.#stub.count()).requests;
  }

  /** Waits until the provider was asked so often, as a part of all there is to ask. */
  async untilAsked(part: number): Promise<void> {
    const goal = Math.round(part * this.customers);
    await this.until(`${goal} requests`, async () => (await this.requests()) >= goal);
  }

  /** A look at the database that survives its restarts. */
  async look<Row>(query: (database: Database) => Promise<Row>): Promise<Row> {
    const until = Date.now() + patienceMs;
    for (;;) {
      try {
        return await query(this.database);
      } catch (thrown) {
        if (Date.now() > until) throw thrown;
        await pause(lookEveryMs);
      }
    }
  }

  /** Waits as long as anything moves: many customers and a slow provider take their time. */
  async until(what: string, isSo: () => Promise<boolean>): Promise<boolean> {
    let [until, seen] = [Date.now() + patienceMs, await this.states()];
    while (!(await isSo())) {
      if (Date.now() > until) {
        const states = await this.states();
        if (states === seen) {
          this.faults.push(`waited in vain for ${what}: ${states}`);
          return false;
        }
        [until, seen] = [Date.now() + patienceMs, states];
      }
      await pause(lookEveryMs);
    }
    return true;
  }

  /** Waits until nothing is left to be done. */
  async rest(): Promise<boolean> {
    return this.until("everything to come to rest", () => this.#isAtRest());
  }

  /** The same while the clocks run ahead: messages that wait for their next try would take minutes, or hours. */
  async hurriedRest(): Promise<boolean> {
    let [aheadMs, next] = [0, 0];
    return this.until("everything to come to rest", async () => {
      if (Date.now() >= next && aheadMs < mostAheadMs) {
        [aheadMs, next] = [aheadMs + anHourMs, Date.now() + hourEveryMs];
        for (const one of this.alive) one.setClock(aheadMs);
      }
      return this.#isAtRest();
    });
  }

  /** Waits until those who signed up so far have their message. */
  async quiet(): Promise<boolean> {
    return this.until("this turn to come to rest", () => this.isQuiet());
  }

  /** Whether those who signed up so far have their message. */
  async isQuiet(): Promise<boolean> {
    return !(await this.#progress()).open;
  }

  async #isAtRest(): Promise<boolean> {
    const { open, over } = await this.#progress();
    return !open && over >= this.passages;
  }

  async #progress(): Promise<Progress> {
    return this.look(progressOf);
  }

  /** Waits until all that the provider reports has been applied. */
  async reported(): Promise<void> {
    this.isTold = true;
    await this.until(
      "the provider's reports",
      async () => (await this.#stub.count()).pending === 0,
    );
    await this.until("the reports to be applied", () => this.look(isInboxEmpty));
  }

  async count(state: string): Promise<number> {
    return this.look((database) => countIn(database, state));
  }

  /** Long enough for workers to do what they should not. */
  async moment(): Promise<void> {
    await pause(1500);
  }

  async isPaused(): Promise<boolean> {
    return this.look(isChannelPaused);
  }

  /** Of the messages none may be such. The condition is ours. */
  async expectNone(what: string, condition: string): Promise<void> {
    const { rows } = await this.look((database) =>
      sql<{ id: string }>`
        select delivery_id as id from messages where ${sql.raw(condition)}`.execute(database),
    );
    if (rows.length > 0) this.faults.push(`${rows.length} ${what}, such as ${rows[0]?.id}`);
  }

  /** Messages with their customers, or of unknown outcome. */
  async ended(): Promise<number> {
    return (await this.sent()) + (await this.count("unknown"));
  }

  async sent(): Promise<number> {
    return (await this.count("accepted")) + (await this.count("delivered"));
  }

  async states(): Promise<string> {
    return this.look(statesOf);
  }

  /** SIGTERM: it ends by itself, well and in time. */
  async stop(one: Process): Promise<void> {
    const started = performance.now();
    const code = await one.stop();
    const ms = performance.now() - started;
    this.faults.push(...badEnd({ code, ms }, targets.stopMs + deadline * 1000));
  }

  /** The same for all that still run. */
  async stopAll(): Promise<void> {
    await Promise.all(this.alive.map((one) => this.stop(one)));
  }

  async close(): Promise<void> {
    await Promise.all(this.processes.map((one) => one.kill()));
    await this.#stub.close().catch(() => {});
    await this.#fresh.drop().catch((thrown: unknown) => this.notes.push(reasonOf(thrown)));
  }
}

interface Given {
  /** See fault.ts. */
  readonly faults?: string;
  readonly clockMs?: number;
  readonly databaseUrl?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly release?: Release;
  readonly isHeard?: boolean;
}

interface Made {
  readonly customers: number;
  readonly folder: string;
  readonly release: Release;
  readonly log: string;
  readonly fresh: Fresh;
  readonly stub: ForkedStub;
  readonly webPort: number;
}
