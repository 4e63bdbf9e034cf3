import { nearMiss } from "../errors.ts";
import { type Draft, mayBe, mayHide } from "./draft.ts";
import { customerFields } from "./field.ts";
import type { Journey, StepId } from "./journey.ts";
import { mayComeBefore } from "./step.ts";

/** A template file as far as journeys care. */
export interface KnownTemplate {
  readonly name: string;
  readonly channel: string;
  readonly file?: string;
  /** Variables that must exist for it to be rendered, such as `customer.first_name`. */
  readonly requires?: readonly string[];
  /** What journeys it is for; null for any. */
  readonly class?: Journey["class"] | null;
}

/** Where a template is sent from. */
export interface Sending {
  readonly draft: Draft;
  readonly step: StepId;
  /** Whether a customer can have come with an entry event. */
  readonly hasEntry: boolean;
  /** The keys of `shop` in waypost.yaml, where they are known. */
  readonly shop?: readonly string[];
}

/** Why a template does not belong in this step; a line for each variable that cannot be there. */
export function misfits(template: KnownTemplate, sending: Sending): readonly string[] {
  const file = template.file ?? `templates/${template.name}.${template.channel}.hbs`;
  const { class: of } = sending.draft;
  const isOther = of !== undefined && (template.class ?? of) !== of;
  const missing = (template.requires ?? []).flatMap((path) => {
    const why = whyMissing(path, sending);
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
    case "shop":
      return whyUnknown(key, sending.shop, "waypost.yaml gives shop no such key");
    case "customer":
      return key === "attributes" ? undefined : whyMisspelt(key);
    default:
      return undefined;
  }
}

function whyUnknown(
  key: string,
  known: readonly string[] | undefined,
  why: string,
): string | undefined {
  if (known === undefined || key === "" || known.includes(key)) return undefined;
  const meant = nearMiss(key, known);
  return meant === undefined ? `and ${why}` : `and ${why}; did you mean "${meant}"?`;
}

/** Only what is nearly a field: more may be known of a customer than conditions can ask. */
function whyMisspelt(key: string): string | undefined {
  if (Object.hasOwn(customerFields, key)) return undefined;
  const meant = nearMiss(key, Object.keys(customerFields));
  return meant === undefined ? undefined : `did you mean {{customer.${meant}}}?`;
}

function isPassed({ draft, step }: Sending, kind: "voucher" | "call", id?: StepId): boolean {
  return Object.values(draft.steps).some(
    (each) =>
      mayBe(each, kind) &&
      (id === undefined || each.id === id || mayHide(each, kind)) &&
      mayComeBefore(draft, each.id, step),
  );
}
