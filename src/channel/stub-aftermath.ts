import { randomUUID } from "node:crypto";
import { type Clock, systemClock } from "../clock.ts";
import type { StubEvent, TakenMessage } from "./stub-event.ts";
import { Schedule } from "./stub-schedule.ts";
import { humanAgents, machineAgents, scannerAgent } from "./stub-reader.ts";
import { sendgridEvent, twilioStatus } from "./stub-reports.ts";
import type { Postman, StubSignature } from "./stub-postman.ts";

export interface AftermathOptions {
  /** Where SendGrid's event webhook goes. */
  readonly sendgridUrl?: string | undefined;
  /** Where Twilio sends what customers write. Status callbacks go where each message says. */
  readonly twilioInboundUrl?: string | undefined;
  /** Images and links below this address are requested, as mail clients and customers do; nothing else ever is. */
  readonly follow?: string | undefined;
  /** How many seconds of the customers' time pass in one; `manual`: nothing happens until `deliverDue`. */
  readonly pace?: number | "manual" | undefined;
  readonly order?: "as_it_happens" | "shuffled" | undefined;
  /** How often each report is delivered. */
  readonly copies?: number | undefined;
  /** Further delay of every report, in the customers' time. */
  readonly delayMs?: number | undefined;
  readonly signed?: StubSignature | undefined;
  /** Events in one of SendGrid's arrays; default 500. */
  readonly eventsInOnePost?: number | undefined;
  /** So many events about messages nobody sent come with each array. */
  readonly strangers?: number | undefined;
  /** How often a report is tried that the webhook does not take; SendGrid does so for a day. Default 20. */
  readonly tries?: number | undefined;
}

/** What happens to messages after they were taken: reports to the webhooks, images fetched, links clicked, answers written. */
export interface Aftermath {
  expect(message: TakenMessage, events: readonly StubEvent[]): void;
  /** Lets everything happen that is due by `until`, or all there is; resolves with how many things did. */
  deliverDue(until?: Date): Promise<number>;
  readonly pending: number;
  /** Reports that no webhook took, however often they were tried. */
  readonly lost: number;
  close(): Promise<void>;
}

interface Due {
  readonly message: TakenMessage;
  readonly event: StubEvent;
  readonly id: string;
  readonly at: number;
  readonly failures: number;
}

const tickMs = 100;

export function createAftermath(
  options: AftermathOptions,
  postman: Postman,
  random: () => number,
  clock: Clock = systemClock,
): Aftermath {
  return new Unfolding(options, postman, random, clock);
}

class Unfolding implements Aftermath {
  readonly #options: AftermathOptions;
  readonly #postman: Postman;
  readonly #random: () => number;
  readonly #clock: Clock;
  readonly #schedule = new Schedule<Due>();
  readonly #timer: NodeJS.Timeout | undefined;
  #working: Promise<unknown> = Promise.resolve();
  #isTicking = false;
  /** Taken from the schedule, and on their way. */
  #inHand = 0;
  lost = 0;

  constructor(options: AftermathOptions, postman: Postman, random: () => number, clock: Clock) {
    this.#options = options;
    this.#postman = postman;
    this.#random = random;
    this.#clock = clock;
    this.#timer = options.pace === "manual" ? undefined : setInterval(() => this.#tick(), tickMs);
  }

  get pending(): number {
    return this.#schedule.size + this.#inHand;
  }

  expect(message: TakenMessage, events: readonly StubEvent[]): void {
    const { pace = 1, delayMs = 0 } = this.#options;
    for (const [index, event] of events.entries()) {
      const after = event.afterMs + (isReport(event) ? delayMs : 0);
      const at =
        pace === "manual" ? this.#clock.now().getTime() + after : Date.now() + after / pace;
      this.#schedule.add({ message, event, id: `${message.receipt}-${index}`, at, failures: 0 });
    }
  }

  deliverDue(until?: Date): Promise<number> {
    const run = this.#working.then(async () => {
      const due = this.#schedule.take(until?.getTime() ?? Number.POSITIVE_INFINITY);
      this.#inHand += due.length;
      try {
        await this.#deliver(this.#options.order === "shuffled" ? shuffled(due, this.#random) : due);
        return due.length;
      } finally {
        this.#inHand -= due.length;
      }
    });
    this.#working = run.catch(() => {});
    return run;
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#schedule.clear();
    await this.#working;
  }

  #tick(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    void this.deliverDue(new Date()).finally(() => (this.#isTicking = false));
  }

  async #deliver(due: readonly Due[]): Promise<void> {
    const copies = due.flatMap((one) =>
      Array.from({ length: isReport(one.event) ? (this.#options.copies ?? 1) : 1 }, () => one),
    );
    await this.#deliverSendgrid(copies);
    await byMessage(copies, async (one) => {
      if (!(await happen(one, this.#options, this.#postman, this.#random))) this.#again([one]);
    });
  }

  /** SendGrid reports many events in one array. */
  async #deliverSendgrid(due: readonly Due[]): Promise<void> {
    const url = this.#options.sendgridUrl;
    if (url === undefined) return;
    const reports = due.flatMap((one) => {
      const event =
        one.message.provider === "sendgrid"
          ? sendgridEvent(one.message, one.event, this.#timeOf(one), one.id)
          : undefined;
      return event === undefined ? [] : [{ one, event }];
    });
    const { eventsInOnePost: size = 500, strangers = 0 } = this.#options;
    for (let start = 0; start < reports.length; start += size) {
      const batch = reports.slice(start, start + size);
      const events = batch.map(({ event }) => event);
      const isTaken = await this.#postman.sendgridEvents(url, [
        ...events,
        ...events.slice(0, strangers).map(ofNobody),
      ]);
      if (!isTaken) this.#again(batch.map(({ one }) => one));
    }
  }

  #again(due: readonly Due[]): void {
    for (const one of due) {
      const failures = one.failures + 1;
      const at =
        this.#options.pace === "manual" ? one.at : Date.now() + 200 * 2 ** Math.min(failures, 6);
      if (failures >= (this.#options.tries ?? 20)) this.lost++;
      else this.#schedule.add({ ...one, failures, at });
    }
  }

  /** The time a report names: when it was due on a clock moved by hand, else the moment it is posted. */
  #timeOf(due: Due): Date {
    return this.#options.pace === "manual" ? new Date(due.at) : this.#clock.now();
  }
}

/** The same event about a message of another house, or of one that was erased since. */
function ofNobody(event: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { sg_message_id: _, ...rest } = event;
  return { ...rest, delivery_id: randomUUID(), sg_event_id: randomUUID() };
}

/** Everything but SendGrid's reports, one request at a time; false when it must be tried again. */
async function happen(
  { message, event }: Due,
  options: AftermathOptions,
  postman: Postman,
  random: () => number,
): Promise<boolean> {
  const status = message.provider === "twilio" ? twilioStatus(event) : undefined;
  if (status !== undefined)
    return (
      message.statusCallback === null ||
      postman.twilioForm(message.statusCallback, {
        MessageSid: message.receipt,
        SmsSid: message.receipt,
        To: message.to,
        From: message.from,
        ...status,
      })
    );
  switch (event.what) {
    case "replied":
      if (options.twilioInboundUrl === undefined) return true;
      return postman.twilioForm(options.twilioInboundUrl, {
        MessageSid: `${message.receipt}reply`,
        From: message.to,
        To: message.from,
        Body: event.text ?? "",
        NumMedia: "0",
      });
    case "opened":
      await fetchAll(postman, message.images, pick(humanAgents, random));
      return true;
    case "opened_by_machine":
      await fetchAll(postman, message.images, pick(machineAgents, random));
      return true;
    case "clicked":
      await fetchAll(
        postman,
        message.links.length === 0 ? [] : [pick(message.links, random)],
        pick(humanAgents, random),
      );
      return true;
    case "scanned":
      await fetchAll(postman, message.links, scannerAgent);
      return true;
    case "left":
      if (message.leave !== null) await postman.leave(message.leave);
      return true;
    default:
      return true;
  }
}

async function fetchAll(postman: Postman, urls: readonly string[], agent: string): Promise<void> {
  for (const url of urls) await postman.get(url, agent);
}

/** What the provider reports, as against what the customer does. */
function isReport(event: StubEvent): boolean {
  return !["opened", "opened_by_machine", "clicked", "scanned", "left"].includes(event.what);
}

/** Sixteen messages at a time, the events of each in their order. */
async function byMessage(due: readonly Due[], act: (due: Due) => Promise<void>): Promise<void> {
  const groups = Map.groupBy(due, (one) => one.message).values();
  const worker = async (): Promise<void> => {
    for (const group of groups) for (const one of group) await act(one);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

function pick<Value>(values: readonly Value[], random: () => number): Value {
  return values[Math.floor(random() * values.length)] as Value;
}

function shuffled<Value>(values: readonly Value[], random: () => number): Value[] {
  return values
    .map((value) => ({ value, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value);
}
