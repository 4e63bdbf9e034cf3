import { isIP } from "node:net";
import type { NewRow } from "../database/tables.ts";
import { flatten } from "./flatten.ts";
import type { IngestError, IngestMessage, JsonRecord } from "./ingest-message.ts";
import { explodeOrder } from "./order-item.ts";
import type { Secrets } from "./erasure-key.ts";
import { plainHeader } from "./field.ts";
import { RowReader } from "./row-reader.ts";
import { stagingColumns } from "./staging-table.ts";
import type { Json } from "./storable.ts";

export interface IngestSettings {
  readonly now: Date;
  readonly country: string;
  readonly zone: string;
  readonly currency: string;
  /** For the hashes of erased addresses. */
  readonly secrets?: Secrets | undefined;
}

/** A row of a staging relation, by column. */
export type IngestRow = Readonly<Record<string, Json>>;

export interface ReadMessage {
  readonly message: IngestMessage;
  /** What the customer is said to be, and allow. */
  readonly person: IngestRow | null;
  readonly consents: readonly Omit<NewRow<"consents">, "customer_id">[];
  /** The lines of an order that was completed. */
  readonly order: readonly IngestRow[];
}

/** Reads traits and orders of messages with the same eyes as an import reads files. */
export class IngestRows {
  readonly #people: Columns;
  readonly #orders: Columns;
  readonly #now: Date;

  constructor(settings: IngestSettings, zones: ReadonlySet<string>) {
    this.#people = new Columns("customers", settings, zones);
    this.#orders = new Columns("orders", settings, zones);
    this.#now = settings.now;
  }

  read(message: IngestMessage): ReadMessage | IngestError {
    if (message.type === "identify") return this.#readTraits(message, message.traits);
    if (plainHeader(message.event) !== "ordercompleted")
      return { message, person: null, consents: [], order: [] };
    const order = this.#readOrder(message, message.properties);
    return "index" in order ? order : { message, person: null, consents: [], order };
  }

  #readTraits(message: IngestMessage, traits: JsonRecord): ReadMessage | IngestError {
    const { subscriptions, ...others } = traits;
    const known = subscriptions === undefined ? traits : { ...others, consent: subscriptions };
    const entries = new Map(flatten(known));
    const row = this.#people.read(entries);
    if (row instanceof Unread) return { index: message.index, path: "traits", reason: row.reason };
    const { consents, ...person } = row;
    return {
      message,
      person,
      consents: ((consents ?? []) as unknown as Said[]).map((said) =>
        consentOf(message, said, this.#now),
      ),
      order: [],
    };
  }

  #readOrder(message: IngestMessage, properties: JsonRecord): readonly IngestRow[] | IngestError {
    const flat = flatten(properties);
    const [name, number] = [...flat].find(([key]) => orderNumbers.has(plainHeader(key))) ?? [];
    if (name === undefined || number === null || number === "") return [];
    flat.delete(name);
    const rows: IngestRow[] = [];
    // A shop calls the state of a completed order what it likes; to us it is completed.
    for (const key of flat.keys()) if (plainHeader(key) === "status") flat.delete(key);
    for (const entries of explodeOrder(flat)) {
      const row = this.#orders.read(
        new Map([["number", number ?? null], ["ordered_at", message.at.toISOString()], ...entries]),
      );
      if (row instanceof Unread)
        return { index: message.index, path: "properties", reason: row.reason };
      rows.push(row);
    }
    return rows;
  }
}

interface Said {
  readonly channel: string;
  readonly topic: string;
  readonly state: "granted" | "withdrawn";
}

const orderNumbers = new Set(["orderid", "ordernumber"]);

/** Never dated ahead: a browser's clock that is fast would have the grant outlast a withdrawal that comes after it. */
function consentOf(
  message: IngestMessage,
  said: Said,
  now: Date,
): Omit<NewRow<"consents">, "customer_id"> {
  const ip = message.ip !== null && isIP(message.ip) !== 0 ? message.ip : null;
  return {
    ...said,
    method: "api",
    source: message.url,
    ip,
    occurred_at: message.at < now ? message.at : now,
  };
}

/** Why a row cannot be read. */
class Unread {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** A table that grows a column with every name it meets. */
class Columns {
  readonly #names: string[];
  readonly #places: Map<string, number>;
  readonly #reader: RowReader;
  readonly #jsonColumns: ReadonlySet<string>;

  constructor(kind: "customers" | "orders", settings: IngestSettings, zones: ReadonlySet<string>) {
    // First of all the names that no alias may take the place of.
    this.#names = kind === "customers" ? ["external_id"] : ["number", "ordered_at"];
    this.#places = new Map(this.#names.map((name, index) => [name, index]));
    this.#reader = new RowReader({
      ...settings,
      kind,
      mapping: null,
      columns: this.#names,
      settings: { ...settings, zones },
      customerIsKnown: true,
    });
    this.#jsonColumns = new Set(
      stagingColumns(kind).flatMap(({ name, sqlType }) => (sqlType === "jsonb" ? [name] : [])),
    );
  }

  read(entries: ReadonlyMap<string, Json>): IngestRow | Unread {
    const values: Json[] = [];
    for (const [name, value] of entries) values[this.#placeOf(name)] = value;
    const result = this.#reader.read({ line: 0, values, fault: null });
    if (result === "skipped") return {};
    if ("faults" in result) return new Unread(result.faults.join("; "));
    const filled = [...this.#reader.places].flatMap(([name, place]) => {
      const value = result.values[place];
      if (value === null || value === undefined) return [];
      return [
        [name, this.#jsonColumns.has(name) ? (JSON.parse(value) as Json) : value] as [string, Json],
      ];
    });
    return Object.fromEntries(filled);
  }

  #placeOf(name: string): number {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    this.#places.set(name, this.#names.length);
    return this.#names.push(name) - 1;
  }
}
