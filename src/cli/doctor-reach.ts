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

export function ofServer(
  server: Readonly<Record<string, string>>,
  kind: string,
): readonly Finding[] {
  if (kind === "postgres") return [ok("queues", "in the database")];
  const { redis_version: version = "?", maxmemory_policy: policy = "?", maxmemory = "0" } = server;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isOld = major < 6 || (major === 6 && minor < 2);
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
  return [
    secure,
    await answersThere(`${url}/o/doctor`, "links in messages lead here", async (asked) => {
      const response = await fetch(asked, seen());
      return { response, isOurs: response.headers.get("content-type") === "image/gif" };
    }),
    await answersThere(`${url}/r/doctor`, "providers' reports arrive", async (asked) => {
      const response = await fetch(asked, { ...seen(), method: "POST" });
      return { response, isOurs: (await response.text()) === "no such provider\n" };
    }),
  ];
}

const seen = () => ({ redirect: "manual", signal: AbortSignal.timeout(withinMs) }) as const;

/** Only addresses that have to be public are asked (docs/operating.md): a proxy may keep the others to itself. */
async function answersThere(
  asked: string,
  told: string,
  ask: (url: string) => Promise<{ response: Response; isOurs: boolean }>,
): Promise<Finding> {
  const remedy =
    "see to the name, the proxy with its certificate and paths (docs/operating.md), and that waypost web runs";
  try {
    const { response, isOurs } = await ask(asked);
    return isOurs
      ? ok("url", told)
      : error("url", `${asked} answers ${response.status}, and not as Waypost does`, remedy);
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
    return error("url", `${asked}: ${reasonOf(cause)}`, remedy);
  }
}
