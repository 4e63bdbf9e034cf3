import type { WebhookCaller, WebhookOutcome } from "../channel/webhook.ts";
import type { Database } from "../database/database.ts";
import type { Answer, Props } from "./test-file.ts";

/** Services that are not called: each step's answer is the one that is written for it, else well, with nothing in it. */
export function playedServices(database: Database, answers: Props["answers"]): WebhookCaller {
  const isTold = Object.keys(answers).length > 0;
  return {
    async call({ id }) {
      const call = isTold
        ? await database
            .selectFrom("calls")
            .select("step")
            .where("call_id", "=", id)
            .executeTakeFirst()
        : undefined;
      const isOwn = call !== undefined && Object.hasOwn(answers, call.step);
      return outcomeOf(isOwn ? answers[call.step] : undefined);
    },
    close: () => Promise.resolve(),
  };
}

function outcomeOf(answer: Answer | undefined): WebhookOutcome {
  const nothing = { status: null, answer: null };
  switch (answer?.kind) {
    case undefined:
      return { kind: "answered", status: 200, answer: "{}" };
    case "answered":
      return { kind: "answered", status: 200, answer: JSON.stringify(answer.answer) };
    case "fails":
      return {
        kind: "failed",
        reason: "fails, as the test has it",
        status: null,
        answer: answer.answer && JSON.stringify(answer.answer),
      };
    case "silent":
      // As late as the time allows: the enrollment is due by then, and the step gives the call up.
      return {
        kind: "later",
        reason: "no answer, as the test has it",
        ...nothing,
        retryAfterMs: Number.MAX_SAFE_INTEGER,
      };
  }
}
