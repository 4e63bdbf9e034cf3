import type { CommandFile } from "./command.ts";

export const demo: CommandFile = { register() {} };
