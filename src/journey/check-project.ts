import { type Mistake, nearMiss } from "../errors.ts";
import { notThat } from "./check-steps.ts";
import type { Project, SegmentFile } from "./read-project.ts";
import type { Reference } from "./reference.ts";
import { whole } from "./workflow-files.ts";

/** What there is beside the workflow files. */
export interface Known {
  readonly templates: readonly { readonly name: string; readonly channel: string }[];
  readonly channels: readonly string[];
  readonly topics: readonly string[];
  /** Pools of vouchers, where the project names them. */
  readonly pools?: readonly string[];
}

/** What is wrong between files: names that lead nowhere, names used twice, segments that need one another. */
export function checkProject(project: Project, known: Known): readonly Mistake[] {
  const { journeys, segments } = project;
  const references = [...journeys, ...segments].flatMap((file) => file.references);
  return [
    ...twice(
      "journey",
      journeys.map(({ journey, file }) => ({ name: journey.name, file })),
    ),
    ...twice("segment", segments),
    ...circles(segments),
    ...references.flatMap((reference) =>
      explain(reference, project, known).map((message) => ({ ...reference.position, message })),
    ),
  ];
}

function explain(reference: Reference, project: Project, known: Known): readonly string[] {
  switch (reference.kind) {
    case "channel":
    case "topic":
      return isKnown(reference, known[`${reference.kind}s`], "waypost.yaml");
    case "segment": {
      const names = project.segments.map(({ name }) => name);
      return isKnown(reference, [...names, ...project.unread], "workflows/segments");
    }
    case "journey": {
      const names = project.journeys.map(({ journey }) => journey.name);
      return isKnown(reference, [...names, ...project.unread], "workflows");
    }
    case "step": {
      const other = project.journeys.find(({ journey }) => journey.name === reference.journey);
      return [other && notThat(other.journey.steps, reference.name, reference.of)].filter(
        (why) => why !== undefined,
      );
    }
    case "pool":
      return known.pools === undefined ? [] : isKnown(reference, known.pools, "waypost.yaml");
    case "event":
    case "voucher":
      return [];
    case "template":
      return filesMissing(reference, known);
  }
}

function isKnown(
  { kind, name }: Reference,
  names: readonly string[],
  where: string,
): readonly string[] {
  if (names.includes(name)) return [];
  const meant = nearMiss(name, names);
  const all =
    names.length === 0 ? `none is defined in ${where}` : `expected one of ${names.join(", ")}`;
  return [`unknown ${kind} "${name}"; ${meant === undefined ? all : `did you mean "${meant}"?`}`];
}

/** A send needs a template file for each of its channels, since any may be the one that reaches the customer. */
function filesMissing(
  reference: Reference & { readonly kind: "template" },
  { templates, channels }: Known,
): readonly string[] {
  const { name } = reference;
  const by = reference.by === "best" ? [] : reference.by;
  const own = templates.filter((template) => template.name === name);
  const file = (channel: string) => `templates/${name}.${channel}.hbs`;
  if (own.length === 0) {
    const meant = nearMiss(name, new Set(templates.map((template) => template.name)));
    const wanted = by.length === 0 ? [file("<channel>")] : by.map(file);
    const hint =
      meant === undefined ? `expected ${wanted.join(" and ")}` : `did you mean "${meant}"?`;
    return [`no template "${name}"; ${hint}`];
  }
  return by
    .filter((channel) => channels.includes(channel))
    .filter((channel) => !own.some((template) => template.channel === channel))
    .map((channel) => `template "${name}" cannot be sent by ${channel}; expected ${file(channel)}`);
}

function twice(
  kind: string,
  named: readonly { readonly name: string; readonly file: string }[],
): readonly Mistake[] {
  return named.flatMap(({ name, file }, index) => {
    const before = named.slice(0, index).find((other) => other.name === name);
    return before === undefined
      ? []
      : [whole(file, `a ${kind} called "${name}" is defined in ${before.file} already`)];
  });
}

/** Segments whose members depend on their own members. */
function circles(segments: readonly SegmentFile[]): readonly Mistake[] {
  const needs = new Map(
    segments.map(({ name, references }) => [
      name,
      references.filter(({ kind }) => kind === "segment"),
    ]),
  );
  const reaches = (from: string, to: string, seen: Set<string>): boolean =>
    (needs.get(from) ?? []).some(({ name }) => {
      if (name === to) return true;
      if (seen.has(name)) return false;
      return reaches(name, to, seen.add(name));
    });
  return segments.flatMap((segment) =>
    segment.references
      .filter(
        ({ kind, name }) =>
          kind === "segment" && (name === segment.name || reaches(name, segment.name, new Set())),
      )
      .map(({ name, position }) => ({
        ...position,
        message: `segment "${segment.name}" needs "${name}", which needs "${segment.name}" itself`,
      })),
  );
}
