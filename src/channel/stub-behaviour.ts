import type { StubBehaviour } from "./provider-stub.ts";
import { around, seededRandom } from "./seeded-random.ts";
import {
  type StubAnswer,
  type StubAnswerName,
  stubAnswers,
  tooManyRequests,
} from "./stub-answer.ts";
import type { StubEvent } from "./stub-event.ts";
import type { StubRequest } from "./stub-request.ts";

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/**
 * Messages fare as they do in a decent shop's mailings: most are delivered; a few per cent are deferred, bounce or are blocked;
 * machines fetch images, people open some and click few; some leave, a handful complain. Each address keeps its character, so
 * that who opened yesterday likely opens today.
 */
export function likeTheRealOnes(options: {
  readonly seed: string;
  readonly answerMs?: number;
}): StubBehaviour {
  const answerMs = options.answerMs ?? 8;
  return (request) => {
    const { to, subject, text } = request.message;
    const random = seededRandom(
      `${options.seed} ${to} ${subject ?? text.slice(0, 40)} ${request.attempt}`,
    );
    const person = seededRandom(`${options.seed} ${to}`);
    const afterMs = Math.min(around(answerMs, 2, random), 2000);
    if (request.attempt === 1 && random() < 0.01)
      return { ...tooManyRequests(1, new Date()), afterMs };
    const events =
      request.provider === "sendgrid" ? fateOfEmail(person, random) : fateOfSms(person, random);
    // Now and then the answer gets lost though the message went: the reports alone tell.
    if (request.attempt === 1 && random() < 0.002)
      return { ...stubAnswers.serverErrorButTaken, afterMs, events };
    return { afterMs, events };
  };
}

function fateOfEmail(person: () => number, random: () => number): StubEvent[] {
  const isDead = person() < 0.012;
  const isOnApple = person() < 0.3;
  const isBehindScanner = person() < 0.04;
  // Few open nearly everything, many nearly nothing: on average a quarter.
  const opens = 0.9 * person() ** 2.6;
  const events: StubEvent[] = [{ what: "processed", afterMs: around(second, 1.5, random) }];
  if (isDead)
    return [
      ...events,
      random() < 0.15
        ? { what: "bounced_late", afterMs: around(2 * hour, 2, random) }
        : { what: "bounced", afterMs: around(4 * second, 2, random) },
    ];
  if (random() < 0.008)
    return [...events, { what: "blocked", afterMs: around(5 * second, 2, random) }];
  const isDeferred = random() < 0.03;
  if (isDeferred) events.push({ what: "deferred", afterMs: around(6 * second, 1.5, random) });
  const delivered = isDeferred
    ? around(25 * minute, 2, random) + minute
    : around(6 * second, 2, random) + 2 * second;
  events.push({ what: "delivered", afterMs: delivered });
  if (isBehindScanner)
    events.push({ what: "scanned", afterMs: delivered + around(second, 1.5, random) });
  if (isOnApple)
    events.push({ what: "opened_by_machine", afterMs: delivered + around(3 * minute, 3, random) });
  if (random() < opens) events.push(...attention(delivered, random));
  return events;
}

/** What somebody does who looks at a mail: mostly nothing more. */
function attention(delivered: number, random: () => number): StubEvent[] {
  const opened = delivered + Math.min(around(2.5 * hour, 4, random), 70 * hour);
  const then = opened + around(25 * second, 2, random);
  const events: StubEvent[] = [{ what: "opened", afterMs: opened }];
  const does = random();
  if (does < 0.2) events.push({ what: "clicked", afterMs: then });
  else if (does < 0.215) events.push({ what: "left", afterMs: then });
  else if (does < 0.219) events.push({ what: "complained", afterMs: then });
  return events;
}

function fateOfSms(person: () => number, random: () => number): StubEvent[] {
  const isDead = person() < 0.015;
  const clicks = 0.25 * person() ** 2;
  const events: StubEvent[] = [{ what: "processed", afterMs: around(second, 1.5, random) }];
  if (isDead)
    return [
      ...events,
      {
        what: "bounced",
        afterMs: around(5 * second, 2, random),
        text: random() < 0.5 ? "30005" : "30006",
      },
    ];
  if (random() < 0.015)
    return [
      ...events,
      {
        what: "blocked",
        afterMs: around(20 * second, 2, random),
        text: random() < 0.7 ? "30003" : "30008",
      },
    ];
  if (random() < 0.003)
    return [...events, { what: "dropped", afterMs: around(4 * second, 2, random), text: "30007" }];
  const delivered = around(5 * second, 2, random) + 2 * second;
  events.push({ what: "delivered", afterMs: delivered });
  const then = delivered + around(8 * minute, 4, random);
  if (random() < clicks) events.push({ what: "clicked", afterMs: then });
  const answers = random();
  if (answers < 0.007)
    events.push({
      what: "replied",
      afterMs: then,
      text: answers < 0.004 ? "STOP" : answers < 0.0055 ? "Stop please" : "Thanks!",
    });
  return events;
}

/**
 * For chaos: each request gets one of the named answers with its probability, else the message is taken. Taken messages are
 * reported as delivered. The same seed, address and attempt give the same fault, whatever the order and the delivery ids.
 */
export function seededFaults(options: {
  readonly seed: string;
  readonly rates: Partial<Readonly<Record<StubAnswerName, number>>>;
  readonly events?: readonly StubEvent[];
  readonly answerMs?: number;
}): StubBehaviour {
  const rates = Object.entries(options.rates) as [StubAnswerName, number][];
  const { events = [{ what: "delivered", afterMs: 50 }], answerMs } = options;
  const usual = answerMs === undefined ? { events } : { events, afterMs: answerMs };
  if (rates.length === 0) return () => usual;
  return (request: StubRequest): StubAnswer => {
    let left = seededRandom(`${options.seed} ${request.message.to} ${request.attempt}`)();
    for (const [name, rate] of rates) {
      if (left < rate) return { ...usual, ...stubAnswers[name] };
      left -= rate;
    }
    return usual;
  };
}
