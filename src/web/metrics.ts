import { Gauge, Registry, collectDefaultMetrics } from "prom-client";
import { countOrEstimate } from "../message/count.ts";
import { messageStates } from "../message/message.ts";
import { callMetrics } from "../queue/call-metrics.ts";
import type { Readings } from "../queue/metrics-door.ts";
import type { Site } from "./site.ts";
import { watchChannels, watchOldestDue, watchWorkers } from "./watched.ts";

/** A queue's server that does not answer must not hold up what the database says. */
const queuesWithinMs = 2000;

/** What Prometheus reads: the tables and the queues at the moment it asks, and the calls this process made. */
export class Metrics implements Readings {
  readonly #site: Site;
  readonly #registry = new Registry();
  readonly #gauges = new Map<string, Gauge>();

  constructor(site: Site) {
    this.#site = site;
    collectDefaultMetrics({ register: this.#registry, prefix: "waypost_" });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** One look at everything. What cannot be read is missing; `waypost_up` and `waypost_queue_up` say so. */
  async read(): Promise<string> {
    const begun = performance.now();
    for (const gauge of this.#gauges.values()) gauge.reset();
    await Promise.all([this.#noted("up", this.#look()), this.#noted("queue_up", this.#queues())]);
    this.#set("scrape_seconds", "How long this look took", (performance.now() - begun) / 1000);
    return `${await this.#registry.metrics()}${await callMetrics.metrics()}`;
  }

  async #look(): Promise<void> {
    await Promise.all([this.#ledger(), this.#channels(), this.#due(), this.#workers()]);
  }

  async #ledger(): Promise<void> {
    const { counts, estimated } = await countOrEstimate(this.#site.engine.database);
    for (const state of messageStates)
      this.#set("messages", "Messages by state", counts[state] ?? 0, { state });
    this.#set(
      "messages_estimated",
      "1 where what was accepted or delivered is estimated, as of the last ANALYZE, and all else counted to 100000",
      estimated.length > 0 ? 1 : 0,
    );
  }

  async #channels(): Promise<void> {
    const { database, clock, config } = this.#site.engine;
    const channels = await watchChannels(database, Object.keys(config.channels), clock.now());
    for (const { name: channel, ...state } of channels) {
      const set = (name: string, help: string, value: number) =>
        this.#set(name, help, value, { channel });
      set("channel_open", "1 while it hands messages over, 0 while paused", state.isOpen ? 1 : 0);
      set("channel_throttled", "1 while its provider wants quiet", state.isThrottled ? 1 : 0);
      set("messages_due", "Messages due now, counted to 100000", state.due);
      set("messages_in_flight", "Messages a worker has in hand", state.inFlight);
      set(
        "channel_oldest_due_seconds",
        "How long its oldest due message has waited, of journeys that are not paused",
        state.oldestDueSeconds,
      );
    }
    const open = channels.filter(({ isOpen, isThrottled }) => isOpen && !isThrottled);
    this.#oldest("message", Math.max(0, ...open.map(({ oldestDueSeconds }) => oldestDueSeconds)));
  }

  async #due(): Promise<void> {
    const { database, clock } = this.#site.engine;
    const oldest = await watchOldestDue(database, clock.now());
    for (const kind of ["enrollment", "event", "report", "call"] as const)
      this.#oldest(kind, oldest[kind]);
  }

  async #workers(): Promise<void> {
    const { age, isRestored, held, ...rest } = await watchWorkers(this.#site.engine.database);
    const { deadEvents, failingSegments } = rest;
    if (age !== null)
      this.#set("worker_heartbeat_age_seconds", "Since the last heartbeat of any worker", age);
    this.#set("restored", "1 while a restored database waits to be confirmed", isRestored ? 1 : 0);
    this.#set("enrollments_held", "Enrollments held for a fault, counted to 100000", held);
    const dead =
      "Events that a journey could not react to, for each such journey, counted to 100000";
    this.#set("events_dead", dead, deadEvents);
    this.#set("segments_failing", "Segments that could not be worked out last", failingSegments);
  }

  async #queues(): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error("late")), queuesWithinMs);
    try {
      for (const { queue, ...states } of await Promise.race([
        this.#site.queues.counts(),
        late.promise,
      ]))
        for (const [state, jobs] of Object.entries(states))
          this.#set("queue_jobs", "Jobs by what they are doing", jobs, { queue, state });
    } finally {
      clearTimeout(timer);
    }
  }

  async #noted(name: "up" | "queue_up", looking: Promise<void>): Promise<void> {
    const isUp = await looking.then(
      () => true,
      () => false,
    );
    const what = name === "up" ? "database" : "queues' server";
    this.#set(name, `1 while the ${what} answers`, isUp ? 1 : 0);
  }

  #oldest(kind: string, seconds: number): void {
    const help = "How long the oldest due row of a kind has waited, where nothing holds it back";
    this.#set("oldest_due_seconds", help, seconds, { kind });
  }

  #set(name: string, help: string, value: number, labels: Record<string, string> = {}): void {
    let gauge = this.#gauges.get(name);
    if (gauge === undefined) {
      gauge = new Gauge({
        name: `waypost_${name}`,
        help,
        labelNames: Object.keys(labels),
        registers: [this.#registry],
      });
      this.#gauges.set(name, gauge);
    }
    gauge.set(labels, value);
  }
}
