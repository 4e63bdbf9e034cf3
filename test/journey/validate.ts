type Schema = Readonly<Record<string, unknown>>;

/** The paths of a value that a JSON Schema refuses, as far as ours uses the language. */
export function refusals(
  value: unknown,
  schema: Schema,
  root = schema,
  path = "",
): readonly string[] {
  const here = (holds: boolean) => (holds ? [] : [path === "" ? "/" : path]);
  const inside = (part: unknown, of: unknown, key: string | number) =>
    refusals(part, of as Schema, root, `${path}/${key}`);
  return Object.entries(schema).flatMap(([word, rule]): readonly string[] => {
    switch (word) {
      case "$ref": {
        const name = String(rule).replace("#/definitions/", "");
        return refusals(
          value,
          (root["definitions"] as Record<string, Schema>)[name] ?? {},
          root,
          path,
        );
      }
      case "if": {
        const { then = {}, else: otherwise = {} } = schema;
        const holds = refusals(value, rule as Schema, root, path).length === 0;
        return refusals(value, (holds ? then : otherwise) as Schema, root, path);
      }
      case "type":
        return here([rule].flat().some((type) => isA(type, value)));
      case "enum":
        return here((rule as unknown[]).includes(value));
      case "const":
        return here(value === rule);
      case "pattern":
        return here(typeof value !== "string" || new RegExp(String(rule), "u").test(value));
      case "minimum":
        return here(typeof value !== "number" || value >= Number(rule));
      case "maximum":
        return here(typeof value !== "number" || value <= Number(rule));
      case "minLength":
        return here(typeof value !== "string" || value.length >= Number(rule));
      case "minItems":
        return here(!Array.isArray(value) || value.length >= Number(rule));
      case "minProperties":
        return here(!isMapping(value) || Object.keys(value).length >= Number(rule));
      case "required":
        return here(
          !isMapping(value) || (rule as string[]).every((key) => Object.hasOwn(value, key)),
        );
      case "anyOf":
        return here((rule as Schema[]).some((each) => refusals(value, each, root).length === 0));
      case "items":
        return Array.isArray(value) ? value.flatMap((item, at) => inside(item, rule, at)) : [];
      case "properties":
        return entriesOf(value).flatMap(([key, part]) => {
          const of = Object.hasOwn(rule as object, key) ? (rule as Schema)[key] : {};
          return inside(part, of, key);
        });
      case "patternProperties":
        return entriesOf(value).flatMap(([key, part]) =>
          Object.entries(rule as Schema).flatMap(([pattern, of]) =>
            new RegExp(pattern, "u").test(key) ? inside(part, of, key) : [],
          ),
        );
      case "additionalProperties":
        return entriesOf(value)
          .filter(([key]) => !isNamed(key, schema))
          .flatMap(([key, part]) =>
            rule === false ? [`${path}/${key}`] : inside(part, rule, key),
          );
      default:
        return known.has(word) ? [] : [`the test does not know the word "${word}"`];
    }
  });
}

const known = new Set([
  "$schema",
  "title",
  "description",
  "examples",
  "then",
  "else",
  "definitions",
]);

function isNamed(key: string, { properties = {}, patternProperties = {} }: Schema): boolean {
  const patterns = Object.keys(patternProperties as object);
  return (
    Object.hasOwn(properties as object, key) ||
    patterns.some((pattern) => new RegExp(pattern, "u").test(key))
  );
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function entriesOf(value: unknown): readonly [string, unknown][] {
  return isMapping(value) ? Object.entries(value) : [];
}

function isA(type: unknown, value: unknown): boolean {
  if (type === "array") return Array.isArray(value);
  if (type === "object") return isMapping(value);
  if (type === "null") return value === null;
  if (type === "integer") return Number.isInteger(value);
  return typeof value === type;
}
