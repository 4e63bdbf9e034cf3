import type { Ground } from "./ground.ts";
import { inFlight, messagesBy } from "./messages.ts";
import type { Row } from "./row.ts";

const answerMs = 50;
const crews = [1, 2, 4] as const;

/** Everybody gets one message from a provider that answers slowly, by one worker, by two, by four. */
export async function* scaling(ground: Ground): AsyncGenerator<Row> {
  for (const queues of ground.queues)
    for (const crew of crews)
      yield {
        work: `messages to a provider of ${answerMs} ms, ${crew === 1 ? "1 worker" : `${crew} workers`}`,
        ...(await messagesBy(ground, { queues, crew, answerMs })),
        ceiling: {
          value: (crew * inFlight * 1000) / answerMs,
          of: `${crew * inFlight} calls in flight`,
        },
      };
}
