/** `npm run schema`: rewrites the schema dump and the table types after a new migration. */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { connect } from "../src/database/database.ts";
import { migrate } from "../src/database/migrate.ts";
import { dropDatabase, runSql, startServer, withDatabase } from "../test/support/server.ts";
import { dumpSchema } from "./schema-dump.ts";
import { describeTables } from "./schema-types.ts";

const root = new URL("../", import.meta.url);
const schema = "waypost";
const server = await startServer();
const name = `waypost_test_${Date.now().toString(36)}_schema`;
await runSql(server.url, `create database ${name}`);
const database = connect({
  url: withDatabase(server.url, name),
  schema,
  maxConnections: 1,
  applicationName: "schema",
});
try {
  await migrate(database, { folder: fileURLToPath(new URL("migrations", root)), schema });
  await writeFile(new URL("migrations/schema.sql", root), await dumpSchema(database));
  await writeFile(new URL("src/database/tables.ts", root), await describeTables(database));
} finally {
  await database.destroy();
  await dropDatabase(server.url, name);
  await server.stop();
}
process.stdout.write("wrote migrations/schema.sql and src/database/tables.ts\n");
