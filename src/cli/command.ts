import type { Command } from "commander";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import type { House } from "./house.ts";

/** What commands are given to build on. */
export interface Terminal {
  /** The project's folder, from `--folder`. */
  folder(): string;
  /** Opens a project; what it built is closed when the command ends. */
  openHouse(folder: string, opening?: Opening): House;
  /** The house of the project in `--folder`. */
  house(): House;
}

export interface Opening {
  /** A demo changes the config and plays the clock. */
  readonly clock?: Clock;
  readonly change?: (config: Config) => Config;
  /** With whatever can be read of waypost.yaml; what its mistakes are, `project` says. */
  readonly despiteMistakes?: boolean;
}

/** One command: one file that exports one of these. */
export interface CommandFile {
  register(program: Command, terminal: Terminal): void;
}
