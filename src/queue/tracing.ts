import { locatePlugin } from "../channel/plugin-location.ts";
import { WaypostError, reasonOf } from "../errors.ts";
import type { Traced } from "./backend.ts";

/** Not part of the installation: who wants traces adds them to the project. */
const packages = [
  "bullmq-otel",
  "@opentelemetry/api",
  "@opentelemetry/context-async-hooks",
  "@opentelemetry/core",
  "@opentelemetry/exporter-trace-otlp-http",
  "@opentelemetry/resources",
  "@opentelemetry/sdk-trace",
] as const;
type Package = (typeof packages)[number];

export interface Tracing {
  readonly traced: Traced;
  /** Hands over what is still held. */
  close(): Promise<void>;
}

const closeWithinMs = 5000;

type Make = new (...given: readonly unknown[]) => Record<string, unknown>;
type Exports = Readonly<Record<string, unknown>>;

/**
 * Traces of jobs, from whoever woke one to whoever ran it, by OpenTelemetry. The exporter reads OTEL_EXPORTER_OTLP_ENDPOINT
 * and its other variables itself. Nothing is loaded until this is called.
 */
export async function openTracing(folder: string, service: string): Promise<Tracing> {
  const found = new Map<Package, Exports>();
  for (const name of packages) found.set(name, await load(name, folder));
  const make = (name: Package, what: string, ...given: readonly unknown[]) => {
    const constructor = found.get(name)?.[what];
    if (typeof constructor !== "function")
      throw missing(`${name} has no ${what}; expected the versions of docs/operating.md`);
    return new (constructor as Make)(...given);
  };
  const api = found.get("@opentelemetry/api") as unknown as OpenTelemetry;
  const resource = found.get("@opentelemetry/resources") as unknown as Resources;
  // The shape of version 3: earlier ones take the exporter itself.
  const exporter = make("@opentelemetry/exporter-trace-otlp-http", "OTLPTraceExporter");
  const provider = make("@opentelemetry/sdk-trace", "TracerProvider", {
    resource: resource.resourceFromAttributes({ "service.name": service }),
    spanProcessors: [make("@opentelemetry/sdk-trace", "BatchSpanProcessor", { exporter })],
  }) as unknown as Provider;
  const contexts = make("@opentelemetry/context-async-hooks", "AsyncLocalStorageContextManager");
  api.context.setGlobalContextManager((contexts as unknown as Contexts).enable());
  api.propagation.setGlobalPropagator(make("@opentelemetry/core", "W3CTraceContextPropagator"));
  api.trace.setGlobalTracerProvider(provider);
  const telemetry = make("bullmq-otel", "BullMQOtel", { tracerName: "waypost" });
  return {
    traced: { telemetry: telemetry as unknown as NonNullable<Traced["telemetry"]> },
    async close() {
      const timer = Promise.withResolvers<void>();
      const cut = setTimeout(timer.resolve, closeWithinMs);
      await Promise.race([provider.shutdown().catch(() => {}), timer.promise]);
      clearTimeout(cut);
    },
  };
}

interface Provider {
  shutdown(): Promise<void>;
}
interface Contexts {
  enable(): unknown;
}
interface Resources {
  resourceFromAttributes(attributes: Readonly<Record<string, string>>): unknown;
}
interface OpenTelemetry {
  readonly context: { setGlobalContextManager(manager: unknown): unknown };
  readonly propagation: { setGlobalPropagator(propagator: unknown): unknown };
  readonly trace: { setGlobalTracerProvider(provider: unknown): unknown };
}

async function load(name: Package, folder: string): Promise<Exports> {
  const location = locatePlugin(name, folder);
  if (location.kind !== "found") throw missing(`${name} is not there`);
  try {
    return (await import(location.url)) as Exports;
  } catch (cause) {
    throw missing(`${name} cannot be loaded: ${reasonOf(cause)}`, cause);
  }
}

function missing(found: string, cause?: unknown): WaypostError {
  return new WaypostError(
    "WAYPOST_CONFIG",
    `OTEL_EXPORTER_OTLP_ENDPOINT: expected the packages of OpenTelemetry in the project's folder, but ${found}. Add them: npm install bullmq-otel@2 ${packages.slice(1).join(" ")}; or unset it to do without traces`,
    { cause },
  );
}
