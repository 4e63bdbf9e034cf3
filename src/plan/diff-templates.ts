import type { Journey } from "../journey/journey.ts";
import type { TemplateFile } from "../template/template.ts";

/** A template that is another than at the last apply. It needs none to be in use: workers read it by themselves. */
export interface TemplatePlan {
  readonly file: string;
  readonly outcome: "created" | "changed" | "removed";
  /** Journeys in force that send it. */
  readonly journeys: readonly string[];
}

/** Compares what the last apply noted with the files; nothing where none has noted anything yet. Unsent new ones are left out. */
export function diffTemplates(
  noted: ReadonlyMap<string, string>,
  files: readonly TemplateFile[],
  inForce: readonly Journey[],
): readonly TemplatePlan[] {
  if (noted.size === 0) return [];
  const now = new Map(files.map(({ file, hash }) => [file, hash]));
  return [...new Set([...noted.keys(), ...now.keys()])].toSorted().flatMap((file) => {
    const [was, is] = [noted.get(file), now.get(file)];
    if (was === is) return [];
    const outcome = was === undefined ? "created" : is === undefined ? "removed" : "changed";
    const [name = "", channel = ""] = (file.split("/").at(-1) ?? "").split(".");
    const journeys = inForce
      .filter((journey) => sends(journey, name, channel))
      .map((journey) => journey.name);
    return journeys.length === 0 && outcome !== "changed" ? [] : [{ file, outcome, journeys }];
  });
}

function sends({ steps }: Journey, template: string, channel: string): boolean {
  return Object.values(steps).some(
    (step) =>
      step.kind === "send" &&
      step.template === template &&
      (step.by === "best" || step.by.includes(channel)),
  );
}
