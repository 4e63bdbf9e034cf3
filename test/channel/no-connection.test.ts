import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Server, createServer } from "node:tls";
import { afterAll, expect, test } from "vitest";
import { makeCertificates } from "../../chaos/certificates.ts";
import { noConnection, remedyOfNoConnection } from "../../src/channel/no-connection.ts";
import { createSendgrid } from "../../src/channel/sendgrid.ts";
import { createSmtp } from "../../src/channel/smtp.ts";
import { anEmail, noDeadline } from "./messages.ts";

const folder = mkdtempSync(join(tmpdir(), "no-connection-"));
const certificates = makeCertificates(folder);
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(folder, { recursive: true });
});

async function portWith(name: "expired" | "untrusted"): Promise<number> {
  const server = createServer(certificates[name]);
  servers.push(server.on("tlsClientError", () => {}));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const unconnected = { kind: "later", counted: false, unconnected: true };

test.each([
  // Of an authority of which this machine knows nothing, so that it is not even asked when.
  ["untrusted", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "signed by nobody whom this machine trusts"],
  ["expired", "CERT_HAS_EXPIRED", "has expired"],
] as const)(
  "a certificate that is %s lets nothing leave, and is said",
  async (name, code, said) => {
    const port = await portWith(name);
    const sendgrid = createSendgrid({ apiKey: "key", baseUrl: `https://127.0.0.1:${port}` });
    expect(await sendgrid.send(anEmail(), noDeadline)).toMatchObject({ ...unconnected, code });
    const wrong = await sendgrid.check?.(noDeadline);
    expect(wrong).toBe(
      `no connection: its certificate ${said.replace("signed", "is signed")} (${code})`,
    );
    expect(remedyOfNoConnection(wrong ?? "")).toContain("goes out by itself");
    await sendgrid.close();
  },
);

test("nor does a mail server with such a certificate, or one that is not there", async () => {
  for (const port of [await portWith("expired"), 1]) {
    const smtp = createSmtp({ url: `smtps://127.0.0.1:${port}` });
    expect(await smtp.send(anEmail(), noDeadline)).toMatchObject(unconnected);
    expect(await smtp.check?.(noDeadline)).toMatch(/^no connection: /);
    await smtp.close();
  }
});

test("bad credentials are another thing", () => {
  expect(remedyOfNoConnection("401 the key is wrong")).toBeUndefined();
});

test("what has no words of ours is told in the system's", () => {
  expect(noConnection("EPROTO", "wrong version number")).toBe(
    "no connection: wrong version number (EPROTO)",
  );
});
