import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { migrate } from "../../src/database/migrate.ts";
import { connect } from "../../src/database/database.ts";
import { dropDatabase, dropLeftovers, runSql, startServer, withDatabase } from "./server.ts";
import { startRedis } from "./redis.ts";
import { tellWhatIsMissing } from "./missing.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** The server's URL, with the template database that every test file's own database is copied from. */
    templateUrl: string;
    redisUrl: string | undefined;
    chromium: string | undefined;
  }
}

const migrations = fileURLToPath(new URL("../../migrations", import.meta.url));

/** Once for the whole run: a server, a migrated template database, and Redis where there is one. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer();
  await dropLeftovers(server.url);
  const template = `waypost_test_${Date.now().toString(36)}_${process.pid}`;
  await runSql(server.url, `create database ${template}`);
  const templateUrl = withDatabase(server.url, template);
  const database = connect({
    url: templateUrl,
    schema: "waypost",
    maxConnections: 1,
    applicationName: "template",
  });
  await migrate(database, { folder: migrations, schema: "waypost" });
  await database.destroy();
  const redis = await startRedis();
  const { chromium } = tellWhatIsMissing(redis?.url);
  project.provide("templateUrl", templateUrl);
  project.provide("redisUrl", redis?.url);
  project.provide("chromium", chromium);
  return async () => {
    await redis?.stop();
    await dropDatabase(server.url, template);
    await server.stop();
  };
}
