import { run } from "../../src/main.ts";
import { type Typed, endOfText } from "./resident.ts";

/** The other half of `Resident`. Whoever hangs when he is let go was to end by himself; a minute later he is ended. */
process.on("message", (typed: Typed) => void obey(typed));
process.on("disconnect", () => setTimeout(() => process.exit(1), 60_000).unref());

async function obey({ folder, environment, words }: Typed): Promise<void> {
  process.chdir(folder);
  process.env = environment;
  await run(words);
  const { exitCode = 0 } = process;
  process.exitCode = 0;
  // A command listens for these to the end of its process.
  process.stdout.removeAllListeners("error");
  for (const signal of ["SIGTERM", "SIGINT"]) process.removeAllListeners(signal);
  process.stdout.write(endOfText);
  process.stderr.write(endOfText);
  process.send?.(exitCode);
}
