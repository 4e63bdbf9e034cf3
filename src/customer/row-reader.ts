import { type ColumnPlan, planColumn } from "./column-plan.ts";
import { fieldsOf, plainHeader } from "./field.ts";
import { completeRow } from "./complete-row.ts";
import type { RowDraft, RowReaderOptions } from "./row-draft.ts";
import { rowRules } from "./row-rules.ts";
import type { SourceRow } from "./source.ts";
import { stagingColumns } from "./staging-table.ts";
import { type Json, textOf } from "./storable.ts";
import { Fault } from "./value.ts";

/** What a row says, by staging column; jsonb columns hold JSON text. Absent is nothing. */
export interface Draft {
  readonly values: (string | null)[];
}

/** The row as it can be staged; or why not, column by column; or that a rule of the mapping passes it over. */
export type ReadResult = Draft | { readonly faults: readonly string[] } | "skipped";

/** Texts that spreadsheets and exports write for nothing. */
const blankTexts = ["", "(blank)", "(null)", "#N/A", "\\N"];

/** Turns rows of a file into rows of the staging table: one plan per column, made when the column is first seen. */
export class RowReader {
  readonly notes: string[] = [];
  /** Place of each staging column in a draft. */
  readonly places: ReadonlyMap<string, number>;
  readonly #options: RowReaderOptions;
  readonly #plans: (ColumnPlan | null)[] = [];
  readonly #taken = new Set<string>();
  readonly #blank: ReadonlySet<string>;
  readonly #longestBlank: number;
  readonly #rules;
  readonly #width: number;

  constructor(options: RowReaderOptions) {
    this.#options = options;
    const names = stagingColumns(options.kind).map(({ name }) => name);
    this.places = new Map(names.map((name, index) => [name, index]));
    this.#width = names.length;
    this.#blank = new Set([...blankTexts, ...(options.mapping?.blank ?? [])]);
    this.#longestBlank = Math.max(...[...this.#blank].map((text) => text.length));
    this.#rules = rowRules(options, (raw) => this.#present(raw));
  }

  read(row: SourceRow): ReadResult {
    if (row.fault !== null) return { faults: [row.fault] };
    if (this.#plans.length < this.#options.columns.length) this.#planNewColumns();
    if (this.#rules.skips(row)) return "skipped";
    const draft: RowDraft = {
      values: Array<string | null>(this.#width).fill(null),
      bags: new Map(),
      consents: [],
      faults: [],
    };
    for (let index = 0; index < row.values.length; index++)
      this.#readCell(draft, index, row.values[index]);
    for (const { plan, value, overrides } of this.#rules.values(row))
      this.#put(draft, plan, value, overrides);
    completeRow(draft, this.places, this.#options, row, this.#plans);
    if (draft.faults.length > 0) return { faults: draft.faults };
    this.#writeBags(draft);
    return { values: draft.values };
  }

  #readCell(draft: RowDraft, index: number, cell: Json | undefined): void {
    const plan = this.#plans[index];
    if (plan === null || plan === undefined) return;
    const raw = this.#present(cell);
    if (raw === null) return;
    const meant = plan.values === null ? undefined : plan.values.get(textOf(raw));
    if (meant !== null) this.#put(draft, plan, meant ?? raw, false);
  }

  /** A cell without the space around it; null when that leaves nothing. */
  #present(cell: Json | undefined): Json {
    if (typeof cell !== "string") return cell ?? null;
    const text = cell.trim();
    return text.length <= this.#longestBlank && this.#blank.has(text) ? null : text;
  }

  #put(draft: RowDraft, plan: ColumnPlan, raw: Json, overrides: boolean): void {
    const value = plan.read(raw);
    if (value instanceof Fault) {
      draft.faults.push(`${plan.column}: ${value.reason}, got ${excerpt(raw)}`);
      return;
    }
    if (value === null) return;
    const { target } = plan;
    if (target.kind === "column") {
      const place = this.places.get(target.column) ?? 0;
      if (overrides || draft.values[place] === null) draft.values[place] = textOf(value);
    } else if (target.kind === "consent") {
      draft.consents.push({
        channel: target.channel,
        topic: target.topic,
        state: value === true ? "granted" : "withdrawn",
      });
    } else putInBag(draft, this.places.get(target.column) ?? 0, target.key, value, plan);
  }

  #writeBags(draft: RowDraft): void {
    for (const [place, bag] of draft.bags) draft.values[place] = jsonOf(bag);
    const place = this.places.get("consents");
    if (place !== undefined && draft.consents.length > 0)
      draft.values[place] = JSON.stringify(draft.consents);
  }

  /** A header that is a field's own name goes before one that is only an alias of it. */
  #planNewColumns(): void {
    const { columns, kind } = this.#options;
    const own = new Set(fieldsOf[kind].map(({ name }) => plainHeader(name)));
    const fresh = columns.map((name, index) => ({ name, index })).slice(this.#plans.length);
    for (const { name, index } of fresh.toSorted(
      (a, b) => Number(own.has(plainHeader(b.name))) - Number(own.has(plainHeader(a.name))),
    )) {
      const { plan, note } = planColumn(name, this.#options, this.#taken);
      this.#plans[index] = plan;
      if (plan?.target.kind === "column") this.#taken.add(plan.target.column);
      if (note !== null && this.notes.length < 100) this.notes.push(note);
    }
  }
}

function putInBag(
  draft: RowDraft,
  place: number,
  key: string | null,
  value: Json,
  plan: ColumnPlan,
): void {
  let bag = draft.bags.get(place);
  if (bag === undefined) draft.bags.set(place, (bag = new Map<string, Json>()));
  if (key !== null) bag.set(key, value);
  else if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [name, inner] of Object.entries(value))
      if ((bag.get(name) ?? null) === null) bag.set(name, inner);
  } else draft.faults.push(`${plan.column}: expected a JSON object, got ${excerpt(value)}`);
}

/** Written piece by piece, at half the price of an object that takes any name. */
function jsonOf(bag: ReadonlyMap<string, Json>): string {
  let text = "";
  for (const [name, value] of bag)
    text += `${text === "" ? "{" : ","}${JSON.stringify(name)}:${JSON.stringify(value)}`;
  return text === "" ? "{}" : `${text}}`;
}

function excerpt(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
