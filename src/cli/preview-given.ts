import { z } from "zod";
import { type Mistake, MistakesError, nearMiss } from "../errors.ts";
import { accountFields, customerFields } from "../journey/field.ts";
import type { SampleGiven } from "../message/sample.ts";
import { jsonOption } from "./json-option.ts";
import { type YamlFile, checkYaml, readYaml } from "../yaml-file.ts";

/** What a preview is rendered with, as it was typed. */
export interface GivenOptions {
  readonly customer?: string;
  readonly account?: string;
  readonly entry?: string;
  readonly call?: string;
  readonly voucher?: string;
}

type Name = keyof GivenOptions;

const text = z.string({ error: "expected text" });
const word = z
  .union([z.string(), z.number().transform(String)], { error: "expected text" })
  .nullable();
const scalar = z.union([z.string(), z.number()], { error: "expected text or a number" }).nullable();
const open = z.record(z.string(), z.unknown(), { error: "expected a mapping" });

const schemas = {
  customer: z.strictObject({ ...each(customerFields, word), attributes: open.exactOptional() }),
  account: z.strictObject({ ...each(accountFields, scalar), attributes: open.exactOptional() }),
  entry: open,
  call: open,
  voucher: z.strictObject({ code: text, expires_at: text.nullable().default(null) }),
};

const examples: Readonly<Record<Name, string>> = {
  customer: '{ "first_name": "Zoe", "locale": "de" }',
  account: '{ "name": "Acme" }',
  entry: '{ "total": 64.5, "items": [] }',
  call: '{ "score": { "value": 0.8 } }',
  voucher: '{ "code": "WELCOME-4F7K" }',
};

function each<Field extends string, Value extends z.ZodType>(
  fields: Readonly<Record<Field, unknown>>,
  value: Value,
) {
  return Object.fromEntries(
    Object.keys(fields).map((name) => [name, value.exactOptional()]),
  ) as Record<Field, z.ZodExactOptional<Value>>;
}

/** Whether `--customer` has fields for the example customer; else it names one of the database. */
export function isWrittenOut(customer: string): boolean {
  return customer.trimStart().startsWith("{");
}

/** Reads what was given, all mistakes of it at once. `steps`: whose answers the template reads, where that is known. */
export async function readGiven(
  { customer, account, entry, call, voucher }: GivenOptions,
  steps: readonly string[] | undefined,
): Promise<SampleGiven> {
  const mistakes: Mistake[] = [];
  const read = async <Of extends Name>(name: Of, typed: string) => {
    const { text: source, file } = await jsonOption(name, typed, examples[name]);
    const yaml = readYaml(source, file);
    const { value, mistakes: found } = checkYaml(yaml, schemas[name]);
    const hint = yaml.mistakes.length > 0 ? `; expected JSON such as '${examples[name]}'` : "";
    mistakes.push(...found.map((one) => ({ ...one, message: one.message + hint })));
    if (name === "call") mistakes.push(...unreadAnswers(yaml, steps));
    return value as z.output<(typeof schemas)[Of]>;
  };
  const given = {
    ...(customer !== undefined &&
      isWrittenOut(customer) && { customer: await read("customer", customer) }),
    ...(account !== undefined && { account: await read("account", account) }),
    ...(entry !== undefined && { entry: await read("entry", entry) }),
    ...(call !== undefined && { call: await read("call", call) }),
    ...(voucher === "none" && { voucher: null }),
    ...(voucher !== undefined &&
      voucher !== "none" && {
        voucher: isCode(voucher)
          ? { code: voucher, expires_at: null }
          : await read("voucher", voucher),
      }),
  };
  if (mistakes.length > 0) throw new MistakesError(mistakes);
  return given;
}

function isCode(voucher: string): boolean {
  return !/[{}]|\.(?:json|ya?ml)$/.test(voucher);
}

function unreadAnswers(yaml: YamlFile, steps: readonly string[] | undefined): readonly Mistake[] {
  const { value } = yaml;
  if (steps === undefined || typeof value !== "object" || value === null) return [];
  const strays = Object.keys(value).filter((step) => !steps.includes(step));
  return strays.map((step) => {
    const meant = nearMiss(step, steps);
    const known = steps.length === 0 ? "no answer" : `the answer of ${steps.join(", ")}`;
    const hint = meant === undefined ? "" : `; did you mean "${meant}"?`;
    return yaml.mistakeAt([step], `the template reads ${known}, not of "${step}"${hint}`);
  });
}
