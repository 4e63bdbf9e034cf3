import { type Mistake, nearMiss } from "../errors.ts";
import { type KnownTemplate, misfits } from "./check-templates.ts";
import { unknownVariables } from "./check-variables.ts";
import { leadsTo } from "./circle.ts";
import { notThat } from "./check-steps.ts";
import { type Draft, type DraftStep, mayBe } from "./draft.ts";
import type { JourneyDraft, Project, SegmentDraft } from "./read-project.ts";
import type { Reference } from "./reference.ts";
import { whole } from "./workflow-files.ts";

/** What there is beside the workflow files. */
export interface Known {
  readonly templates: readonly KnownTemplate[];
  readonly channels: readonly string[];
  readonly topics: readonly string[];
  /** The pools of vouchers that waypost.yaml speaks of. */
  readonly pools?: readonly string[];
  /** The host of an address that no call is made to. */
  readonly refusedHostOf?: (address: string) => string | undefined;
  /** The keys of `shop`, of which templates may speak. */
  readonly shop?: readonly string[];
}

type Drafts = Project["drafts"];

/**
 * What is wrong between files: names that lead nowhere, names used twice, segments that need one another. It looks at
 * whatever of them could be read, and takes what it cannot see for right.
 */
export function checkProject({ drafts }: Project, known: Known): readonly Mistake[] {
  const { journeys, segments } = drafts;
  const references = [...journeys, ...segments].flatMap((file) => file.references);
  return [
    ...twice("journey", journeys),
    ...twice("segment", segments),
    ...circles(segments),
    ...roundabouts(journeys),
    ...journeys.flatMap((file) => checkSendings(file, journeys, known)),
    ...journeys.flatMap((file) => refusedCalls(file, known)),
    ...unknownVariables(known.templates, known.shop),
    ...references.flatMap((reference) =>
      explain(reference, drafts, known).map((message) => ({ ...reference.position, message })),
    ),
  ];
}

function explain(
  reference: Reference,
  { journeys, segments }: Drafts,
  known: Known,
): readonly string[] {
  switch (reference.kind) {
    case "channel":
    case "topic":
      return isKnown(reference, known[`${reference.kind}s`], "waypost.yaml");
    case "segment":
      return isKnown(reference, namesOf(segments), "workflows/segments");
    case "journey":
      return isKnown(reference, namesOf(journeys), "workflows");
    case "step": {
      const other = journeys.find(({ name }) => name !== undefined && name === reference.journey);
      return [other && notThat(other.draft.steps, reference.name, reference.of)].filter(
        (why) => why !== undefined,
      );
    }
    case "pool":
      // A pool can be filled without a word about it in waypost.yaml, so only what is nearly one of those is wrong.
      return nearMiss(reference.name, known.pools ?? []) === undefined
        ? []
        : isKnown(reference, known.pools ?? [], "waypost.yaml");
    case "event":
    case "voucher":
      return [];
    case "template":
      return filesMissing(reference, known);
  }
}

function namesOf(files: readonly (JourneyDraft | SegmentDraft)[]): readonly string[] {
  return files.map(({ name, stem }) => name ?? stem);
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
  if (reference.by === "best" && !own.some(({ channel }) => channels.includes(channel)))
    return [`template "${name}" is for no channel of waypost.yaml (${channels.join(", ")})`];
  return by
    .filter((channel) => channels.includes(channel))
    .filter((channel) => !own.some((template) => template.channel === channel))
    .map((channel) => `template "${name}" cannot be sent by ${channel}; expected ${file(channel)}`);
}

function twice(kind: string, files: readonly (JourneyDraft | SegmentDraft)[]): readonly Mistake[] {
  const named = files.filter(({ name }) => name !== undefined);
  return named.flatMap(({ name, file }, index) => {
    const before = named.slice(0, index).find((other) => other.name === name);
    return before === undefined
      ? []
      : [whole(file, `a ${kind} called "${name}" is defined in ${before.file} already`)];
  });
}

/** Segments whose members depend on their own members. */
function circles(segments: readonly SegmentDraft[]): readonly Mistake[] {
  const needed = (file: SegmentDraft) => file.references.filter(({ kind }) => kind === "segment");
  const needs = new Map(
    segments.map((file) => [file.name ?? "", needed(file).map(({ name }) => name)]),
  );
  return segments.flatMap((segment) =>
    needed(segment)
      .filter(({ name }) => segment.name !== undefined && leadsTo(name, segment.name, needs))
      .map(({ name, position }) => ({
        ...position,
        message: `segment "${segment.name}" needs "${name}", which needs "${segment.name}" itself`,
      })),
  );
}

/** Journeys that let customers in again by way of others: nobody would ever come out. A circle is told once, of its first journey. */
function roundabouts(journeys: readonly JourneyDraft[]): readonly Mistake[] {
  const enters = entersOf(journeys);
  const isCircle = (name: string, other: string) =>
    leadsTo(other, name, enters) && leadsTo(name, other, enters);
  return journeys.flatMap(({ draft: { name, steps }, file, places }, index) => {
    const before = journeys.slice(0, index);
    if (name === undefined || before.some((other) => other.name && isCircle(name, other.name)))
      return [];
    return Object.values(steps).flatMap((step) => {
      if (step.kind !== "enter" || !leadsTo(step.journey, name, enters)) return [];
      const position = places.steps.get(step.id) ?? whole(file, "");
      const back = step.journey === name ? "itself" : `"${step.journey}", which leads back into it`;
      const message = `"${name}" enters ${back}: whoever is inside would go round without an end; use a repeat, or an event or a segment as the start of one of them`;
      return [{ ...position, message }];
    });
  });
}

function entersOf(journeys: readonly JourneyDraft[]): ReadonlyMap<string, readonly string[]> {
  return new Map(
    journeys.map(({ name, draft: { steps } }) => [
      name ?? "",
      Object.values(steps).flatMap((step) => (step.kind === "enter" ? [step.journey] : [])),
    ]),
  );
}

function checkSendings(
  { draft, file, places }: JourneyDraft,
  journeys: readonly JourneyDraft[],
  known: Known,
): readonly Mistake[] {
  const hasEntry = mayHaveEntry(draft, journeys);
  return Object.values(draft.steps).flatMap((step) => {
    if (step.kind !== "send") return [];
    const channels = step.by === "best" ? known.channels : step.by;
    const sending = { draft, step: step.id, hasEntry };
    const position = places.steps.get(step.id) ?? whole(file, "");
    return known.templates
      .filter(({ name, channel }) => name === step.template && channels.includes(channel))
      .flatMap((template) => misfits(template, sending))
      .map((message) => ({ ...position, message }));
  });
}

function refusedCalls(
  { draft, places, file }: JourneyDraft,
  { refusedHostOf }: Known,
): readonly Mistake[] {
  return Object.values(draft.steps).flatMap((step) => {
    const host = step.kind === "call" ? refusedHostOf?.(step.url) : undefined;
    if (host === undefined) return [];
    const position = places.steps.get(step.id) ?? whole(file, "");
    const message = `"${host}" is inside a network and is not called; allow it in waypost.yaml, calls: { allow: [${host}] }`;
    return [{ ...position, message }];
  });
}

/** Whether customers can come in with an entry: by the start, or from a journey that has one. */
function mayHaveEntry({ name, start }: Draft, journeys: readonly JourneyDraft[]): boolean {
  if (name === undefined || start === undefined) return true;
  const enters = entersOf(journeys);
  return journeys.some(({ draft: other }) => {
    const isEntered = other.start === undefined || ["event", "request"].includes(other.start.kind);
    const leads = other.name !== undefined && leadsTo(other.name, name, enters);
    return (isEntered && leads) || Object.values(other.steps).some(isHiddenEnter);
  });
}

/** Whether it may enter a journey, and nobody can say which. */
function isHiddenEnter(step: DraftStep): boolean {
  return step.kind === "unread" && mayBe(step, "enter");
}
