import { afterEach, describe, expect, test, vi } from "vitest";
import type { Provider, ReportRequest } from "../../src/channel/channel.ts";
import { contained } from "../../src/channel/contained.ts";
import { anEmail, noDeadline } from "./messages.ts";

afterEach(() => void vi.useRealTimers());

function aProvider(changes: Record<string, unknown>): Provider {
  return contained({
    name: "strange",
    send: async () => ({ kind: "accepted", receipt: null }),
    close: async () => {},
    ...changes,
  });
}
const request: ReportRequest = {
  headers: {},
  body: Buffer.from(""),
  url: "https://shop.example",
  receivedAt: new Date(),
};

describe("a provider that misbehaves leaves the outcome unknown", () => {
  test.each([
    [
      "it throws",
      () => {
        throw new Error("oh\0no");
      },
      "threw",
    ],
    ["it rejects", () => Promise.reject(new Error("oh no")), "threw"],
    [
      "it throws what is no error",
      () => {
        throw undefined;
      },
      "threw",
    ],
    ["it returns nothing", () => undefined, "garbage"],
    ["it returns a word", () => "accepted", "garbage"],
    ["it returns an outcome of its own making", () => ({ kind: "sent" }), "garbage"],
    ["it forgets the half", () => ({ kind: "later", code: "x" }), "garbage"],
    [
      "it would wait less than no time",
      () => ({
        kind: "later",
        code: "x",
        detail: "",
        retryAfterMs: -5,
        counted: true,
        throttle: false,
      }),
      "garbage",
    ],
  ])("%s", async (_, send, code) => {
    expect(await aProvider({ send }).send(anEmail(), noDeadline)).toMatchObject({
      kind: "unknown",
      code,
    });
  });

  test.each([
    ["throws", () => Promise.reject(new Error(`550 <${anEmail().to}> unknown`))],
    [
      "refuses",
      () => ({
        kind: "refused",
        of: "address",
        code: "550",
        detail: `550 <${anEmail().to}> unknown`,
      }),
    ],
  ])("what it quotes when it %s is kept without the customer's address", async (_, send) => {
    expect(await aProvider({ send }).send(anEmail(), noDeadline)).toMatchObject({
      detail: "550 <(address)> unknown",
    });
  });

  test("it never settles: a second after the deadline nobody waits any more", async () => {
    vi.useFakeTimers();
    const deadline = new AbortController();
    const outcome = aProvider({ send: () => new Promise(() => {}) }).send(
      anEmail(),
      deadline.signal,
    );
    deadline.abort();
    await vi.advanceTimersByTimeAsync(1000);
    expect(await outcome).toMatchObject({ kind: "unknown", code: "deadline" });
  });

  test("one that settles within the second after its deadline is heard", async () => {
    const deadline = new AbortController();
    const outcome = aProvider({
      send: (_: unknown, signal: AbortSignal) =>
        new Promise((settle) =>
          signal.addEventListener("abort", () => settle({ kind: "accepted", receipt: "r" })),
        ),
    }).send(anEmail(), deadline.signal);
    deadline.abort();
    expect(await outcome).toEqual({ kind: "accepted", receipt: "r" });
  });

  test("its texts are made fit to keep", async () => {
    const send = async () => ({
      kind: "refused",
      of: "message",
      code: "a\0b",
      detail: "x".repeat(10_000),
    });
    const outcome = await aProvider({ send }).send(anEmail(), noDeadline);
    expect(outcome).toEqual({
      kind: "refused",
      of: "message",
      code: "a b",
      detail: "x".repeat(500),
    });
  });
});

describe("its other doors are watched too", () => {
  test.each([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["returns garbage", () => ({ kind: "perhaps" })],
  ])("a look-up that %s cannot tell", async (_, lookUp) => {
    expect(
      await aProvider({ lookUp }).lookUp?.(
        { deliveryId: "x", to: "x", textSha256: null, startedAt: new Date() },
        noDeadline,
      ),
    ).toBeUndefined();
  });

  test("what throws while reading a webhook has believed nothing", () => {
    expect(
      aProvider({
        readReports: () => {
          throw new Error("no");
        },
      }).readReports?.(request),
    ).toMatchObject({ kind: "forged" });
    expect(aProvider({ readReports: () => 7 }).readReports?.(request)).toMatchObject({
      kind: "forged",
    });
  });

  test("a report that is none goes among the unread, the others stay", () => {
    const good = {
      eventId: "e",
      deliveryId: null,
      receipt: null,
      kind: "delivered",
      at: new Date(),
      from: null,
      code: null,
      detail: null,
      url: null,
      machine: false,
    };
    const read = aProvider({
      readReports: () => ({
        kind: "read",
        reports: [good, { ...good, at: new Date("soon") }, null, good],
        unread: [],
      }),
    }).readReports?.(request);
    expect(read).toMatchObject({ kind: "read", reports: [{ eventId: "e" }, { eventId: "e" }] });
    expect(read?.kind === "read" && read.unread).toHaveLength(2);
  });

  test("a close that throws or hangs holds up nothing", async () => {
    vi.useFakeTimers();
    await aProvider({ close: () => Promise.reject(new Error("no")) }).close();
    const closing = aProvider({ close: () => new Promise(() => {}) }).close();
    await vi.advanceTimersByTimeAsync(6000);
    await closing;
  });

  test("what a provider cannot do, its contained self cannot either", () => {
    expect(aProvider({}).lookUp).toBeUndefined();
    expect(aProvider({}).readReports).toBeUndefined();
  });
});
