/** A JSON Schema (draft 7, as editors read it): what the grammar accepts, told to them. */
export type Schema = Readonly<Record<string, unknown>>;

export const anything: Schema = {};
export const conditionSchema: Schema = { $ref: "#/definitions/condition" };
export const stepsSchema: Schema = { $ref: "#/definitions/steps" };

export const pattern = (source: string): Schema => ({ type: "string", pattern: source });
export const oneOf = (...schemas: readonly Schema[]): Schema => ({ anyOf: schemas });
export const listOf = (items: Schema): Schema => ({ type: "array", items, minItems: 1 });

/** A mapping of the operator's own keys. */
export const mapOf = (values: Schema): Schema => ({ type: "object", additionalProperties: values });
