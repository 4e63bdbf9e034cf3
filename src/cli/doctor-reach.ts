import { reasonOf } from "../errors.ts";
import { createQueueGauge } from "../queue/queue-counts.ts";
import { type Finding, error, ok, warn } from "./finding.ts";
import type { House } from "./house.ts";

/** The queues' server, and what it has given up. */
export async function examineQueues(house: House): Promise<readonly Finding[]> {
  const { backend } = await house.queues();
  const gauge = createQueueGauge(backend, Object.keys(house.config.channels));
  try {
    const counts = await gauge.counts();
    const failed = counts.filter(({ failed }) => failed > 0);
    return [
      ...ofServer((await backend.server?.()) ?? {}, backend.place.kind),
      failed.length === 0
        ? ok("queues", "no job has failed")
        : warn(
            "queues",
            `failed jobs: ${failed.map((one) => `${one.queue} ${one.failed}`).join(", ")}`,
            "the worker's log says why; their work was found again by the sweeper",
          ),
    ];
  } finally {
    await gauge.close();
  }
}

function ofServer(server: Readonly<Record<string, string>>, kind: string): readonly Finding[] {
  if (kind === "postgres") return [ok("queues", "in the database")];
  const { redis_version: version = "?", maxmemory_policy: policy = "?", maxmemory = "0" } = server;
  const isOld = Number.parseInt(version) < 6;
  return [
    isOld
      ? error("queues", `Redis ${version}`, "expected 6.2 or newer: upgrade it")
      : ok("queues", `Redis ${version}${server["redis_mode"] === "cluster" ? ", a cluster" : ""}`),
    policy === "noeviction"
      ? ok("queues", "maxmemory-policy is noeviction")
      : error(
          "queues",
          `maxmemory-policy is ${policy}`,
          `set it to noeviction: ${maxmemory === "0" ? "once a maxmemory is set, " : ""}jobs would vanish in silence, and each would wait for the sweeper`,
        ),
  ];
}

const withinMs = 10_000;

/** Whether the world can reach the links in messages and the webhooks: asked as the world would ask. */
export async function examineUrl(url: string): Promise<readonly Finding[]> {
  const { protocol, hostname } = new URL(url);
  if (/^(localhost|127\.|\[::1\]|0\.0\.0\.0)/.test(hostname))
    return [
      warn(
        "url",
        `${url} leads to this machine alone`,
        "set WAYPOST_URL to the address the world sees: links, unsubscribing and webhooks depend on it",
      ),
    ];
  const secure =
    protocol === "https:"
      ? ok("url", `${url} is encrypted`)
      : error("url", `${url} is not encrypted`, "put a proxy with TLS before waypost web");
  return [secure, await answers(url)];
}

async function answers(url: string): Promise<Finding> {
  const remedy = "see to the name, the proxy and its certificate, and that waypost web runs";
  try {
    const response = await fetch(`${url}/healthz`, {
      redirect: "manual",
      signal: AbortSignal.timeout(withinMs),
    });
    const text = await response.text();
    return response.status === 200 && text.includes('"ok":true')
      ? ok("url", "Waypost answers there")
      : error("url", `${url}/healthz answers ${response.status}, and not as Waypost does`, remedy);
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
    return error("url", `${url}/healthz: ${reasonOf(cause)}`, remedy);
  }
}
