import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { environmentSchema } from "../../src/environment.ts";

const service = z.looseObject({
  command: z.array(z.string()).default([]),
  environment: z.record(z.string(), z.string()),
  volumes: z.array(z.string()),
  env_file: z.array(z.object({ path: z.string(), required: z.boolean() })).default([]),
});
const { services, volumes } = z
  .object({
    services: z.record(z.string(), z.looseObject({})),
    volumes: z.record(z.string(), z.null()),
  })
  .parse(parse(readFileSync("compose.yaml", "utf8"), { merge: true }));
const ours = ["apply", "worker", "web"].map((name) => service.parse(services[name]));

/** What a container needs another value for than the machine around it, and what is for tests. */
const own: Readonly<Record<string, RegExp | undefined>> = {
  DATABASE_URL: /^postgres:\/\/waypost:\$\{POSTGRES_PASSWORD:\?.*\}@postgres\/waypost$/,
  REDIS_URL: /^redis:\/\/redis:6379$/,
  HOST: /^0\.0\.0\.0$/,
  PORT: /^8080$/,
  METRICS_PORT: /^9090$/,
};
const forTests = new Set(["WAYPOST_FAULTS"]);

test("compose.yaml passes on every variable that is read", () => {
  const read = Object.keys(environmentSchema.shape).filter((name) => !forTests.has(name));
  for (const { environment, env_file: files } of ours) {
    expect(Object.keys(environment).toSorted()).toEqual(read.toSorted());
    for (const name of read)
      expect(environment[name]).toMatch(own[name] ?? new RegExp(`^\\$\\{${name}:[-?].*\\}$`));
    expect(files).toEqual([{ path: ".env", required: false }]);
  }
});

test("what knows a Postgres that was put back outlives the containers", () => {
  for (const { volumes: mounted } of ours) expect(mounted).toContain("waypost:/project/.waypost");
  expect(Object.keys(volumes)).toEqual(["postgres", "waypost"]);
});

test("its Postgres has connections for four workers, two webs, apply and an operator", () => {
  const { command } = service.pick({ command: true }).parse(services["postgres"]);
  const most = /^max_connections=(\d+)$/.exec(command.at(-1) ?? "")?.[1];
  expect(Number(most)).toBeGreaterThanOrEqual((4 + 2 + 1) * 40 + 10);
});
