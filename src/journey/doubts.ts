import type { Mistake } from "../errors.ts";
import { mixedClasses } from "./check-classes.ts";
import { deadParts } from "./check-dead.ts";
import { idleParts } from "./check-idle.ts";
import { shadowedVariables } from "./check-variables.ts";
import type { Known } from "./check-project.ts";
import type { Project } from "./read-project.ts";

/** What can be meant so, and probably is not: the warnings of `check` that need no database. */
export function doubts(project: Project, known: Known): readonly Mistake[] {
  return [
    ...idleParts(project),
    ...deadParts(project),
    ...mixedClasses(project, known),
    ...shadowedVariables(known.templates),
  ];
}
