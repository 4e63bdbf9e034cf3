import type { Mistake } from "../errors.ts";
import type { Known } from "./check-project.ts";
import type { KnownTemplate } from "./check-templates.ts";
import type { JourneyDraft, Project } from "./read-project.ts";
import type { Position } from "./reference.ts";
import { whole } from "./workflow-files.ts";

interface Sent {
  readonly journey: JourneyDraft;
  readonly template: KnownTemplate;
  readonly file: string;
  readonly position: Position;
}

/**
 * Marketing among receipts, which would reach those who have left, and marketing that nobody can leave. Warnings, since a text can
 * be either; a template that says its own `class` is believed (check-templates.ts).
 */
export function mixedClasses(
  { drafts: { journeys } }: Project,
  known: Pick<Known, "templates" | "channels">,
): readonly Mistake[] {
  const sent = journeys.flatMap((journey) => sentBy(journey, known));
  const marketing = sent.filter(({ journey }) => journey.draft.class === "marketing");
  const receipts = sent.filter(({ journey }) => journey.draft.class === "transactional");
  const dead = new Map(
    marketing
      .filter(hasNoWayOut)
      .map(({ file, journey: { draft } }) => [
        file,
        whole(
          file,
          `the marketing journey "${draft.name}" sends this without a link to unsubscribe; put {{unsubscribe_url}} or {{preferences_url}} into it or its layout`,
        ),
      ]),
  );
  return [...receipts.flatMap((receipt) => doubtsAbout(receipt, marketing)), ...dead.values()];
}

function sentBy(
  journey: JourneyDraft,
  { templates, channels }: Pick<Known, "templates" | "channels">,
): readonly Sent[] {
  return Object.values(journey.draft.steps).flatMap((step) => {
    if (step.kind !== "send") return [];
    const by = step.by === "best" ? channels : step.by;
    const position = journey.places.steps.get(step.id) ?? whole(journey.file, "");
    return templates
      .filter(({ name, channel }) => name === step.template && by.includes(channel))
      .map((template) => ({ journey, template, file: fileOf(template), position }));
  });
}

function doubtsAbout(
  { template, file, position }: Sent,
  marketing: readonly Sent[],
): readonly Mistake[] {
  if ((template.class ?? null) !== null) return [];
  const twin = marketing.find((other) => other.file === file);
  const said = (message: string) => [{ ...position, message: `${file} ${message}` }];
  if (twin !== undefined)
    return said(
      `is sent by the marketing journey "${twin.journey.draft.name}" too, and this one is transactional: it reaches those who left; give each a template of its own`,
    );
  return reads(template, /^unsubscribe_url$/)
    ? said(
        'has a link to unsubscribe, as marketing has, and this journey is transactional: it reaches those who left; use another layout, or say "class: transactional" in the template',
      )
    : [];
}

function hasNoWayOut({ template }: Sent): boolean {
  const isHidden = (template.reads ?? null) === null || template.isPartlyRead === true;
  if (template.channel !== "email" || isHidden) return false;
  return !reads(template, /^(unsubscribe|preferences)_url$/);
}

function reads(template: KnownTemplate, path: RegExp): boolean {
  return (template.reads ?? []).some((read) => path.test(read.path));
}

function fileOf({ file, name, channel }: KnownTemplate): string {
  return file ?? `templates/${name}.${channel}.hbs`;
}
