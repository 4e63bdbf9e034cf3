import { symlinkSync } from "node:fs";
import { resolve } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { aTerminal } from "../cli/terminal.ts";
import { aJourney, plan } from "../message/ledger.ts";
import { aDatabase, freshTables } from "../support/database.ts";
import { aCustomer } from "../support/people.ts";
import { aService } from "../support/service.ts";
import { countIn, until } from "./house.ts";

const database = await aDatabase();
const collector = await aService();
beforeEach(() => freshTables(database));

const spanSchema = z.object({
  name: z.string(),
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
});
type Span = z.output<typeof spanSchema>;
const requestSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({
        attributes: z.array(z.object({ key: z.string(), value: z.looseObject({}) })),
      }),
      scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })),
    }),
  ),
});

/** What arrived at the collector, as OTLP over HTTP has it in JSON. */
const told = () =>
  collector.received
    .filter(({ path }) => path === "/v1/traces")
    .flatMap(({ body }) => requestSchema.parse(JSON.parse(body)).resourceSpans);
const spans = (): readonly Span[] =>
  told().flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans));

/** A project with the packages of OpenTelemetry, as `npm install` leaves them there. */
function aTracedShop() {
  const terminal = aTerminal(database, {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: "x-key=secret",
    OTEL_SERVICE_NAME: "the-shop",
  });
  terminal.write("templates/hello.email.hbs", "---\nsubject: Hello\n---\n<p>Hello</p>");
  return terminal;
}

test("with OpenTelemetry's packages and an address, a job's trace goes from who woke it to who ran it", async ({
  onTestFinished,
}) => {
  const terminal = aTracedShop();
  symlinkSync(resolve("node_modules"), terminal.path("node_modules"));
  const journey = await aJourney(database);
  await plan(database, [await aCustomer(database)], { journey, at: new Date() });
  const worker = terminal.run("worker");
  onTestFinished(() => worker.stop("SIGKILL"));
  await until(async () => (await countIn(database, "accepted")) === 1);
  worker.stop("SIGTERM");
  expect(await worker.ended).toMatchObject({ code: 0, err: "" });

  const called = (name: string) => spans().filter((span) => span.name === name);
  const parentsOf = (children: readonly Span[], name: string) =>
    called(name).filter(({ spanId, traceId }) =>
      children.some((child) => child.parentSpanId === spanId && child.traceId === traceId),
    );
  const delivering = called("process waypost-deliver-email");
  const waking = parentsOf(delivering, "add waypost-deliver-email.deliver");
  expect(parentsOf(waking, "process waypost-engine")).not.toEqual([]);
  const [first] = told();
  expect(first?.resource.attributes).toContainEqual({
    key: "service.name",
    value: { stringValue: "the-shop" },
  });
  expect(collector.received[0]?.headers["x-key"]).toBe("secret");
});

test("without the packages the worker says which are wanted, and does not start", async () => {
  const { code, err } = await aTracedShop().run("worker").ended;
  expect(code).toBe(1);
  expect(err).toContain(
    "expected the packages of OpenTelemetry in the project's folder, but bullmq-otel is not there",
  );
});
