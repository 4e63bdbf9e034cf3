import { fileURLToPath } from "node:url";
import { findBreaches, readSources } from "./architecture.ts";

const breaches = findBreaches(readSources(fileURLToPath(new URL("../src", import.meta.url))));
for (const breach of breaches) process.stdout.write(`${breach}\n`);
process.exitCode = breaches.length === 0 ? 0 : 1;
