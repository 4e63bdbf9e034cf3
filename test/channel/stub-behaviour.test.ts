import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { likeTheRealOnes, seededFaults } from "../../src/channel/stub-behaviour.ts";
import type { StubAnswer } from "../../src/channel/stub-answer.ts";
import { StubRequest } from "../../src/channel/stub-request.ts";

function mailTo(to: string, subject = "News", attempt = 1, deliveryId = randomUUID()): StubRequest {
  const body = {
    from: { email: "s@shop.example" },
    subject,
    personalizations: [{ to: [{ email: to }], custom_args: { delivery_id: deliveryId } }],
    content: [{ type: "text/plain", value: "x" }],
  };
  return new StubRequest("sendgrid", Buffer.from(JSON.stringify(body)), () => attempt);
}
function textTo(to: string): StubRequest {
  return new StubRequest(
    "twilio",
    Buffer.from(new URLSearchParams({ To: to, Body: "Hi" }).toString()),
    () => 1,
  );
}
function share(answers: readonly StubAnswer[], what: string): number {
  return (
    answers.filter((answer) => answer.events?.some((event) => event.what === what)).length /
    answers.length
  );
}

test("e-mails fare as in a decent shop's mailing", () => {
  const behaviour = likeTheRealOnes({ seed: "demo" });
  const answers = Array.from({ length: 10_000 }, (_, index) =>
    behaviour(mailTo(`person-${index}@example.com`)),
  );
  const between = (what: string, low: number, high: number): void => {
    expect(share(answers, what), what).toBeGreaterThan(low);
    expect(share(answers, what), what).toBeLessThan(high);
  };
  between("delivered", 0.95, 0.985);
  between("deferred", 0.02, 0.04);
  between("bounced", 0.005, 0.02);
  between("blocked", 0.004, 0.015);
  between("opened", 0.2, 0.3);
  between("opened_by_machine", 0.25, 0.35);
  between("clicked", 0.03, 0.08);
  between("left", 0.001, 0.01);
  between("complained", 0.0002, 0.003);
  expect(answers.filter(({ status }) => status === 429).length / answers.length).toBeLessThan(0.02);
});

test("texts fare as texts do", () => {
  const behaviour = likeTheRealOnes({ seed: "demo" });
  const answers = Array.from({ length: 5000 }, (_, index) =>
    behaviour(textTo(`+4477${String(index).padStart(8, "0")}`)),
  );
  expect(share(answers, "delivered")).toBeGreaterThan(0.94);
  expect(share(answers, "clicked")).toBeGreaterThan(0.04);
  expect(share(answers, "replied")).toBeLessThan(0.02);
});

test("the same seed tells the same story, whatever the order and the delivery ids", () => {
  const one = likeTheRealOnes({ seed: "a" });
  const same = likeTheRealOnes({ seed: "a" });
  const other = likeTheRealOnes({ seed: "b" });
  const people = Array.from({ length: 200 }, (_, index) => `person-${index}@example.com`);
  const story = (behaviour: typeof one, order = people): unknown =>
    new Map(order.map((to) => [to, behaviour(mailTo(to)).events?.map(({ what }) => what)]));
  expect(story(same, people.toReversed())).toEqual(story(one));
  expect(story(other)).not.toEqual(story(one));
});

test("a dead address bounces every time, and what was too fast goes through at the second attempt", () => {
  const behaviour = likeTheRealOnes({ seed: "a" });
  const people = Array.from({ length: 3000 }, (_, index) => `person-${index}@example.com`);
  const bounces = (to: string, subject: string): boolean =>
    behaviour(mailTo(to, subject, 2)).events?.some(({ what }) => what.startsWith("bounced")) ??
    false;
  const dead = people.filter((to) => bounces(to, "one"));
  expect(dead.length).toBeGreaterThan(0);
  expect(people.filter((to) => bounces(to, "two"))).toEqual(dead);
  expect(people.some((to) => behaviour(mailTo(to, "one", 1)).status === 429)).toBe(true);
  expect(people.some((to) => behaviour(mailTo(to, "one", 2)).status === 429)).toBe(false);
});

test("faults come at their rates, the same for the same delivery", () => {
  const behaviour = seededFaults({
    seed: "chaos",
    rates: { serverErrorButTaken: 0.2, acceptedThenDropped: 0.05, silent: 0.05 },
  });
  const requests = Array.from({ length: 5000 }, (_, index) => mailTo(`p-${index}@example.com`));
  const answers = requests.map(behaviour);
  expect(answers.filter(({ status }) => status === 500).length / 5000).toBeCloseTo(0.2, 1);
  expect(answers.filter(({ travels }) => travels === "dropped").length / 5000).toBeCloseTo(0.05, 1);
  expect(requests.map(behaviour)).toEqual(answers);
});
