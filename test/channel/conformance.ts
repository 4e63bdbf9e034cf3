import { hash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Outcome, Outgoing, Provider } from "../../src/channel/channel.ts";
import { noDeadline } from "./messages.ts";

/** What the suite needs of a provider and of the other side of its wire. */
export interface ProviderUnderTest {
  readonly provider: Provider;
  /** A message it carries. */
  readonly message: (changes?: Partial<Outgoing>) => Outgoing;
  /** An address its channel cannot have; left out when anything goes. */
  readonly badAddress?: string;
  /** From now on the other side takes requests and never answers; calls `reached` at each. Left out when there is no other side. */
  readonly fallSilent?: (reached: () => void) => void;
  readonly tearDown?: () => Promise<void>;
}

/** What every provider owes the engine, whatever it carries: an outcome, always, in time, and nothing thrown. */
export function conformance(name: string, setUp: () => Promise<ProviderUnderTest>): void {
  describe(`${name} keeps the contract`, () => {
    let it: ProviderUnderTest;
    beforeAll(async () => void (it = await setUp()));
    afterAll(async () => {
      await it.provider.close();
      await it.tearDown?.();
    });
    const send = (changes?: Partial<Outgoing>, signal = noDeadline): Promise<Outcome> =>
      it.provider.send(it.message(changes), signal);

    test("a message is accepted", async () => {
      const outcome = await send();
      expect(outcome).toMatchObject({ kind: "accepted" });
      expectWellFormed(outcome);
    });

    test("a hundred at once are accepted", async () => {
      const outcomes = await Promise.all(Array.from({ length: 100 }, () => send()));
      expect(outcomes.filter(({ kind }) => kind === "accepted")).toHaveLength(100);
    });

    test("an address that cannot be is refused as an address", async () => {
      if (it.badAddress === undefined) return;
      expect(await send({ to: it.badAddress })).toMatchObject({ kind: "refused", of: "address" });
    });

    test.each(Object.entries(hostile))(
      "%s comes to an outcome and harms nobody else",
      async (_, changes) => {
        expectWellFormed(await send(changes));
        expect(await send()).toMatchObject({ kind: "accepted" });
      },
    );

    test("a deadline that passed before the call is not a message sent", async () => {
      const outcome = await send({}, AbortSignal.abort());
      expect(["later", "unknown"]).toContain(outcome.kind);
      expectWellFormed(outcome);
    });

    test("what was never sent is not found", async () => {
      if (it.provider.lookUp === undefined) return;
      const { deliveryId, to } = it.message();
      const found = await it.provider.lookUp(
        { deliveryId, to, textSha256: hash("sha256", "never sent"), startedAt: new Date() },
        noDeadline,
      );
      expect(found?.kind).not.toBe("accepted");
    });

    test.each(["", "[]", "{", "\0", "a=1&b=%ZZ", "\u{1F600}".repeat(1000)])(
      "a webhook of %j without a signature reports nothing",
      (body) => {
        if (it.provider.readReports === undefined) return;
        const read = it.provider.readReports({
          headers: {},
          body: Buffer.from(body),
          url: "https://shop.example/hook",
          receivedAt: new Date(),
        });
        expect(read.kind === "forged" || read.reports.length === 0).toBe(true);
      },
    );

    test("an other side that falls silent is unknown once the deadline passes", async () => {
      if (it.fallSilent === undefined) return;
      const deadline = new AbortController();
      it.fallSilent(() => deadline.abort());
      const outcome = await send({}, deadline.signal);
      expect(outcome.kind).toBe("unknown");
      expectWellFormed(outcome);
    });

    test("closing twice is closing once, and afterwards nothing is sent", async () => {
      await it.provider.close();
      await it.provider.close();
      expectWellFormed(await send({}, AbortSignal.timeout(2000)));
    });
  });
}

/** Texts as they come out of customers' data. Each may be taken or refused; none may throw, hang or spill into a header. */
const hostile: Readonly<Record<string, Partial<Outgoing>>> = {
  "a subject with a line break": { subject: "Hello\r\nBcc: everybody@example.com" },
  "a header with a line break": {
    headers: { "List-Unsubscribe": "<https://shop.example>\r\nBcc: everybody@example.com" },
  },
  "a header with a name that is none": { headers: { "X Y\r\nBcc": "everybody@example.com" } },
  "an address with a line break": { to: "ann@example.com\r\nBcc: everybody@example.com" },
  "two addresses in one": { to: "ann@example.com,everybody@example.com" },
  "a sender with a line break": { from: "Shop\r\nBcc: everybody@example.com <hello@shop.example>" },
  "half a surrogate pair": { subject: "\ud83d", text: "Hello \udc00", html: "<p>\ud83d</p>" },
  "a NUL": { subject: "a\0b", text: "a\0b", html: "<p>a\0b</p>" },
  "an empty text": { subject: "", text: "", html: null },
  "a subject of a megabyte": { subject: "x".repeat(1024 * 1024) },
  "a name of ten megabytes": {
    text: "Ä".repeat(5 * 1024 * 1024),
    html: `<p>${"Ä".repeat(5 * 1024 * 1024)}</p>`,
  },
  "an address of a megabyte": { to: `${"a".repeat(1024 * 1024)}@example.com` },
  "right-to-left overrides": { subject: "\u202egnp.exe", text: "\u202e" },
  "no subject, no sender, no HTML": { subject: null, html: null, headers: {} },
  "a comment that ends": {
    text: "--> <script>alert(1)</script> <!--",
    html: "--> <!-- -->\n-->\n",
  },
  "an address for reports and an end of validity": {
    reportUrl: "https://shop.example/hooks/x?y=1",
    validUntil: new Date(0),
  },
};

/** Every text of an outcome is kept in Postgres and shown on a screen. */
function expectWellFormed(outcome: Outcome): void {
  expect(["accepted", "later", "refused", "unknown", "misconfigured"]).toContain(outcome.kind);
  for (const text of Object.values(outcome)) {
    if (typeof text !== "string") continue;
    expect(text.length).toBeLessThanOrEqual(500);
    expect(text.isWellFormed() && !text.includes("\0")).toBe(true);
    expect(text).not.toContain("ann@example.com");
  }
}
