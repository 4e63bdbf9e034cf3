import { styleText } from "node:util";
import { CommanderError } from "commander";
import { MistakesError, WaypostError, reasonOf } from "../errors.ts";
import { counted } from "./output.ts";

/**
 * Tells on stderr why a command ended, and returns its exit code: 1 for an error that the text explains, 2 for a command
 * line that cannot be understood. `isDebugging` shows where an unexpected error came from.
 */
export function tellFailure(thrown: unknown, isDebugging: boolean): number {
  // Commander has said what there is to say.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
  if (thrown instanceof MistakesError) {
    tell(`${thrown.message}\n\n${red(counted(thrown.mistakes.length, "mistake"))}`);
    return 1;
  }
  if (thrown instanceof WaypostError) {
    tell(`${red("error")} ${thrown.message} (${thrown.code})`);
    if (isDebugging && thrown.cause instanceof Error) tell(thrown.cause.stack ?? "");
    return thrown.code === "WAYPOST_REQUEST" ? 2 : 1;
  }
  tell(`${red("error")} ${reasonOf(thrown) || "without a reason"}`);
  if (isDebugging && thrown instanceof Error) tell(thrown.stack ?? "");
  else tell("This was not expected. LOG_LEVEL=debug shows where it came from.");
  return 1;
}

function red(text: string): string {
  return styleText("red", text, { stream: process.stderr });
}

function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}
