import { sql } from "kysely";
import type { Database } from "../database/database.ts";
import type { SuppressionsReason } from "../database/tables.ts";
import { findCustomer } from "./find-customer.ts";

/** Whose rows are meant: a customer with all who were merged into them, and what their rows hang on. */
export interface Person {
  /** The customer's own number first. */
  readonly customers: readonly string[];
  /** What the company calls them, and browsers did. */
  readonly names: readonly string[];
  readonly accounts: readonly string[];
  readonly enrollments: readonly string[];
  readonly messages: readonly string[];
  readonly orders: readonly string[];
  readonly addresses: readonly HeldAddress[];
  /** Links of messages with an address of theirs in the URL. */
  readonly links: readonly string[];
}

/** An address of now, or one that a message went to. */
export interface HeldAddress {
  readonly channel: string;
  readonly address: string;
  /** What stands against it. */
  readonly reason: SuppressionsReason | null;
  /** Another customer has it, too. */
  readonly isShared: boolean;
}

type Rows = Omit<Person, "addresses" | "links">;

/** Channels by which the two addresses are used that every customer has a column for; whatever channels there are beside them. */
const ofColumns = ["email", "sms", "whatsapp", "phone"];

/** Found as `findCustomer` finds; who was merged into another is that other. */
export async function findPerson(
  database: Database,
  meant: string,
  channels: readonly string[],
): Promise<Person | undefined> {
  const found = await findCustomer(database, meant);
  return found === undefined
    ? undefined
    : readPerson(database, found.merged_into ?? found.id, channels);
}

/** Undefined where there is no such customer. Links that are known already are not looked for. */
export async function readPerson(
  database: Database,
  customerId: string,
  channels: readonly string[],
  links?: readonly string[],
): Promise<Person | undefined> {
  const { rows } = await sql<Rows>`
    with person as materialized (select * from customers where id = ${customerId} or merged_into = ${customerId})
    select
      array(select id::text from person order by id <> ${customerId}, id) as customers,
      array(select external_id from person where external_id is not null
        union select value from identities where customer_id in (select id from person)) as names,
      array(select distinct account_id::text from person where account_id is not null) as accounts,
      array(select id::text from enrollments where customer_id in (select id from person)) as enrollments,
      array(select id::text from messages where customer_id in (select id from person)) as messages,
      array(select id::text from orders where customer_id in (select id from person)) as orders`.execute(
    database,
  );
  const [person] = rows;
  if (person?.customers[0] === undefined) return undefined;
  const addresses = await addressesOf(database, person, channels);
  return { ...person, addresses, links: links ?? (await linksOf(database, addresses)) };
}

async function addressesOf(
  database: Database,
  { customers, messages }: Rows,
  channels: readonly string[],
): Promise<readonly HeldAddress[]> {
  const { rows } = await sql<HeldAddress>`
    with held as (
      select channel, address_on(channel, email, phone, attributes) as address
      from customers, unnest(${[...new Set([...ofColumns, ...channels])]}::text[]) as channel where id = any(${customers}::bigint[])
      union select channel, address from messages where id = any(${messages}::bigint[])
    )
    select held.channel, held.address, stop.reason, case
        when held.channel = 'email' then exists (select from customers other where other.email = held.address and other.id <> all(${customers}::bigint[]))
        when held.channel in ('sms', 'whatsapp', 'phone') then exists (select from customers other where other.phone = held.address and other.id <> all(${customers}::bigint[]))
        else false end as "isShared"
    from held left join suppressions stop using (channel, address)
    where held.address is not null order by 1, 2`.execute(database);
  return rows;
}

/** The one table that no index helps with. */
async function linksOf(
  database: Database,
  addresses: readonly HeldAddress[],
): Promise<readonly string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from links where url like any(${linked(addresses)}::text[]) order by id`.execute(
    database,
  );
  return rows.map(({ id }) => id);
}

/**
 * Patterns of URLs that hold one of the addresses, as it is or encoded; what is too short may be anything. Addresses are
 * written as the database has them, so that case can count: millions of links are read several times as fast.
 */
function linked(addresses: readonly HeldAddress[]): readonly string[] {
  const spelled = ownAddresses({ addresses }).flatMap(({ address }) => {
    const encoded = encodeURIComponent(address);
    return [address, encoded, encoded.replaceAll(/%\w\w/g, (code) => code.toLowerCase())];
  });
  return [...new Set(spelled)]
    .filter((text) => text.length > 5)
    .map((text) => `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
}

/** Those that are nobody else's: what is done to them harms no other customer. */
export function ownAddresses({ addresses }: Pick<Person, "addresses">): readonly HeldAddress[] {
  return addresses.filter(({ isShared }) => !isShared);
}
