import { conditionDefinition } from "./read-condition.ts";
import { journeySchema } from "./read-journey.ts";
import { segmentSchema } from "./read-segment.ts";
import type { Schema } from "./schema.ts";
import { kindsIn } from "./step-kinds.ts";

/**
 * What editors complete and check workflow files and segments by: the grammar of the readers, as far as a schema can say
 * it. It accepts whatever they accept; names that lead nowhere and the like are for `waypost check`.
 */
export function jsonSchema(): Schema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "A workflow file or a segment of Waypost",
    if: { type: "object", required: ["segment"] },
    then: segmentSchema(),
    else: journeySchema(),
    definitions: { condition: conditionDefinition(), steps: { type: "array", items: step() } },
  };
}

function step(): Schema {
  const kinds = Object.entries(kindsIn({ entry: true, journey: true, steps: true }));
  return { type: "object", anyOf: kinds.map(([title, { schema }]) => ({ title, ...schema })) };
}
