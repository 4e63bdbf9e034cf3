import { spawnSync } from "node:child_process";

/** Whether the tests that connect through a pooler can be run here. */
export const hasPgBouncer = spawnSync("pgbouncer", ["--version"]).status === 0;
