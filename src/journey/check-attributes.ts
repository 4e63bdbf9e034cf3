import { type Mistake, nearMiss } from "../errors.ts";
import { askedConditions } from "./asked-conditions.ts";
import { testsIn } from "./condition.ts";
import type { DraftSteps } from "./draft.ts";
import type { JourneyDraft, Project } from "./read-project.ts";
import type { Position } from "./reference.ts";
import { whole } from "./workflow-files.ts";

export type AttributeOwner = "customer" | "account";

/** An attribute that a file asks for, and where. */
export interface AskedAttribute {
  readonly owner: AttributeOwner;
  readonly key: string;
  readonly position: Position;
}

/** Every attribute that a condition, a start or a wait asks for. */
export function askedAttributes(project: Project): readonly AskedAttribute[] {
  const inConditions = askedConditions(project).flatMap(({ condition, position }) =>
    testsIn(condition).flatMap((test) =>
      test.kind === "customer" || test.kind === "account"
        ? asAttribute(test.kind, test.field, position)
        : [],
    ),
  );
  return [...inConditions, ...project.drafts.journeys.flatMap(datesIn)];
}

/**
 * Attributes that nobody has, though somebody has one that is nearly called so. Nobody declares attributes, so these are
 * warnings. What a journey sets itself is known.
 */
export function doubtfulAttributes(
  project: Project,
  known: Readonly<Record<AttributeOwner, readonly string[]>>,
): readonly Mistake[] {
  const set = project.drafts.journeys.flatMap(({ draft }) => attributesSet(draft.steps));
  const names = { customer: [...known.customer, ...set], account: known.account };
  return askedAttributes(project).flatMap(({ owner, key, position }) => {
    const meant = names[owner].includes(key) ? undefined : nearMiss(key, names[owner]);
    if (meant === undefined) return [];
    const name = (of: string) => `"${owner}.attributes.${of}"`;
    return [{ ...position, message: `no ${owner} has ${name(key)}; did you mean ${name(meant)}?` }];
  });
}

function datesIn({ draft: { start, steps }, file, places }: JourneyDraft) {
  const { message: _, ...head } = whole(file, "");
  return [
    ...(start?.kind === "date" ? asAttribute("customer", start.field, head) : []),
    ...Object.values(steps).flatMap((step) =>
      step.kind === "wait" && step.wait.kind === "date"
        ? asAttribute("customer", step.wait.field, places.steps.get(step.id) ?? head)
        : [],
    ),
  ];
}

function attributesSet(steps: DraftSteps): readonly string[] {
  return Object.values(steps).flatMap((step) =>
    step.kind === "set" ? step.set.flatMap(({ field }) => keyOf(field) ?? []) : [],
  );
}

function asAttribute(
  owner: AttributeOwner,
  field: string,
  position: Position,
): readonly AskedAttribute[] {
  const key = keyOf(field);
  return key === undefined ? [] : [{ owner, key, position }];
}

function keyOf(field: string): string | undefined {
  return /^attributes\.(.+)$/.exec(field)?.[1];
}
