/** `npm run build`: dist/, which the published package runs, since Node strips no types below node_modules. */
import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const [root = "", src = "", dist = ""] = ["..", "../src", "../dist"].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
);
rmSync(dist, { recursive: true, force: true });
const { status } = spawnSync("tsc", ["-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
// Views, styles and whatever else is not TypeScript goes along as it is.
if (status === 0) cpSync(src, dist, { recursive: true, filter: (path) => !path.endsWith(".ts") });
process.exitCode = status ?? 1;
