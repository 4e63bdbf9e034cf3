import type { Act } from "./nested-step.ts";
import type { Place } from "./place.ts";
import { type Keys, type Partly, type ReadKeys, partsOf, schemaOf, wholeKeys } from "./reader.ts";
import { type Schema, stepsSchema } from "./schema.ts";

/** The branches that a step can have beside it. */
export interface Branching {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** A kind of step: the key it is known by, the keys beside it, and the branches it parts into. */
export interface StepKind {
  /** Those that stand beside its own. */
  readonly beside: readonly string[];
  branchesOf(step: Place): Branching;
  read(step: Place): Act | undefined;
  readonly schema: Schema;
}

type Branches =
  | { readonly kind: "fixed"; readonly names: readonly string[]; readonly isRequired?: boolean }
  /** Named by the operator. */
  | { readonly kind: "named"; readonly of: (step: Place) => Branching };

const none: Branches = { kind: "fixed", names: [] };

/** The first of `keys` is the one that names the kind. `refer` notes what others must explain, of whatever could be read. */
export function stepKind<K extends Keys>(
  keys: K,
  make: (read: ReadKeys<K>, step: Place) => Act | undefined,
  branches: Branches = none,
  refer: (read: Partly<ReadKeys<K>>, step: Place) => void = () => {},
): StepKind {
  return {
    beside: Object.keys(keys).slice(1),
    branchesOf(step) {
      if (branches.kind === "named") return branches.of(step);
      const { names, isRequired = false } = branches;
      return isRequired ? { required: names, optional: [] } : { required: [], optional: names };
    },
    read(step) {
      const parts = partsOf(keys, step);
      refer(parts, step);
      const read = wholeKeys(parts);
      return read && make(read, step);
    },
    schema: schemaOfStep(keys, branches),
  };
}

function schemaOfStep(keys: Keys, branches: Branches): Schema {
  const schema = schemaOf(keys);
  const names = branches.kind === "fixed" ? branches.names : [];
  const beside = Object.fromEntries(names.map((name) => [name, stepsSchema]));
  return {
    ...schema,
    properties: { id: { type: "string" }, ...schema.properties, ...beside },
    additionalProperties: branches.kind === "named" ? stepsSchema : false,
  };
}
