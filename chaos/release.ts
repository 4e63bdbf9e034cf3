import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { fillCustomers } from "../bench/population.ts";
import type { applyWelcome } from "./project.ts";

/** The code of a release, as far as a scenario has to say whose: this checkout's, or another's that came before. */
export interface Release {
  /** The module its processes run. */
  readonly breakable: string;
  readonly migrations: string;
  readonly fillCustomers: typeof fillCustomers;
  readonly applyWelcome: typeof applyWelcome;
}

/** Of a checkout with its node_modules. */
export async function openRelease(folder: string): Promise<Release> {
  const root = resolve(folder);
  const module = async (path: string): Promise<unknown> =>
    import(pathToFileURL(join(root, path)).href);
  return {
    breakable: join(root, "chaos", "breakable.ts"),
    migrations: join(root, "migrations"),
    ...((await module("bench/population.ts")) as Pick<Release, "fillCustomers">),
    ...((await module("chaos/project.ts")) as Pick<Release, "applyWelcome">),
  };
}

export const thisRelease: Release = await openRelease(
  fileURLToPath(new URL("..", import.meta.url)),
);
