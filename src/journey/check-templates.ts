import { type Draft, mayBe, mayHide } from "./draft.ts";
import type { Journey, StepId } from "./journey.ts";
import { mayComeBefore } from "./step.ts";

/** A template file as far as journeys care. */
export interface KnownTemplate {
  readonly name: string;
  readonly channel: string;
  readonly file?: string;
  /** Null where mistakes hide it. */
  readonly reads?: readonly KnownRead[] | null;
  /** Whether mistakes may hide something that it reads. */
  readonly isPartlyRead?: boolean;
  /** What it says of the entries of lists, such as `entry.items[].name`. */
  readonly ofEntries?: readonly KnownRead[];
  /** What journeys it is for; null for any. */
  readonly class?: Journey["class"] | null;
}

/** A variable that a template reads, such as `customer.first_name`, and where. */
export interface KnownRead {
  readonly path: string;
  readonly file: string;
  readonly line: number;
  /** Whether the template cannot be rendered without it. */
  readonly isRequired: boolean;
}

/** Where a template is sent from. */
export interface Sending {
  readonly draft: Draft;
  readonly step: StepId;
  /** Whether a customer can have come with an entry event. */
  readonly hasEntry: boolean;
}

/** Why a template does not belong in this step; a line for each variable that cannot be there. */
export function misfits(template: KnownTemplate, sending: Sending): readonly string[] {
  const file = template.file ?? `templates/${template.name}.${template.channel}.hbs`;
  const { class: of } = sending.draft;
  const isOther = of !== undefined && (template.class ?? of) !== of;
  const missing = (template.reads ?? []).flatMap(({ path, isRequired }) => {
    const why = isRequired ? whyMissing(path, sending) : undefined;
    return why === undefined ? [] : [`${file} needs {{${path}}}, ${why}`];
  });
  return isOther ? [`${file} is ${template.class}, this journey is ${of}`, ...missing] : missing;
}

function whyMissing(path: string, sending: Sending): string | undefined {
  const [root = "", key = "", ...rest] = path.split(".");
  switch (root) {
    case "entry":
    case "event":
      return sending.hasEntry ? undefined : "and no event or request starts this journey";
    case "voucher":
      return isPassed(sending, "voucher") ? undefined : "and no voucher is handed out before";
    case "call":
      if (rest.length === 0) return "where {{call.<step>.<field>}} is expected";
      return isPassed(sending, "call", key) ? undefined : `and no call "${key}" comes before`;
    default:
      return undefined;
  }
}

function isPassed({ draft, step }: Sending, kind: "voucher" | "call", id?: StepId): boolean {
  return Object.values(draft.steps).some(
    (each) =>
      mayBe(each, kind) &&
      (id === undefined || each.id === id || mayHide(each, kind)) &&
      mayComeBefore(draft, each.id, step),
  );
}
