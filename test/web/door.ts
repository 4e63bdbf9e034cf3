import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import type { Provider } from "../../src/channel/channel.ts";
import { outboxPath, writtenForm } from "../../src/channel/outbox-file.ts";
import { type Config, readConfig } from "../../src/config.ts";
import type { Database } from "../../src/database/database.ts";
import { createLog } from "../../src/log.ts";
import type { EngineJob } from "../../src/queue/wake.ts";
import { createTokens } from "../../src/tracking/tokens.ts";
import { createLoginToken } from "../../src/web/login.ts";
import type { Site } from "../../src/web/site.ts";
import { type RunningWeb, startWeb } from "../../src/web/web.ts";
import { aCarrier, aComposer, aDelivery } from "../message/ledger.ts";
import { monday } from "../support/people.ts";

export const tokens = createTokens(["the secret of this shop, long enough to be one"]);

/** A running web door and its visitors. */
export interface Door extends RunningWeb {
  readonly site: Site;
  /** The wake-ups that requests led to. */
  readonly woken: EngineJob[];
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(
    path: string,
    body?: string | FormData | Buffer,
    headers?: Record<string, string>,
  ): Promise<Response>;
  /** The cookie of somebody who is in. */
  logIn(): Promise<string>;
}

/** The outbox keeps an e-mail as it went out. */
export function keepMail(door: Door, deliveryId: string, html: string): void {
  const mail = {
    deliveryId,
    channel: "email",
    to: "ada@example.com",
    from: null,
    replyTo: null,
    subject: "Kept -- as it was",
    html,
    text: "Hello Ada",
    headers: {},
    reportUrl: null,
    validUntil: null,
  };
  const path = outboxPath(door.site.outbox, mail);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, writtenForm(mail, monday));
}

interface Given {
  readonly carrier?: Provider;
  readonly config?: Partial<Config>;
}

/** `waypost web` on a free port, over a test's database, at Monday noon. */
export async function aDoor(database: Database, given: Given = {}): Promise<Door> {
  const outbox = mkdtempSync(join(tmpdir(), "waypost-outbox-"));
  const woken: EngineJob[] = [];
  const carrier = given.carrier ?? aCarrier().carrier;
  const site: Site = {
    engine: {
      config: { ...readConfig("/nowhere", {}), locale: "en-GB", ...given.config },
      clock: { now: () => monday },
      log: createLog("silent"),
      database,
      composer: aComposer(),
      deliveries: new Map([["email", aDelivery(carrier)]]),
    },
    wake: {
      engine: async (job) => void woken.push(job),
      delivery: async () => {},
      close: async () => {},
    },
    queues: {
      counts: async () => [
        { queue: "waypost-engine", active: 0, waiting: 2, delayed: 1, failed: 0 },
      ],
    },
    tokens,
    outbox,
  };
  const web = await startWeb(site, { host: "127.0.0.1", port: 0 });
  afterAll(async () => {
    await web.close();
    rmSync(outbox, { recursive: true, force: true });
  });
  const call = (path: string, init: RequestInit) =>
    fetch(web.url + path, { redirect: "manual", ...init });
  const door: Door = {
    ...web,
    site,
    woken,
    get: (path, headers = {}) => call(path, { headers: { accept: "text/html", ...headers } }),
    post: (path, body = "", headers = {}) =>
      call(path, {
        method: "POST",
        body,
        headers: {
          accept: "text/html",
          "sec-fetch-site": "same-origin",
          ...(typeof body === "string" && {
            "content-type": "application/x-www-form-urlencoded",
          }),
          ...headers,
        },
      }),
    async logIn() {
      const token = await createLoginToken(database);
      const response = await door.post("/login", `token=${token}`);
      return (response.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    },
  };
  return door;
}
