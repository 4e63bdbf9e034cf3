/** What a column of a file can be read as. */
export const fieldTypes = [
  "text",
  "key",
  "integer",
  "number",
  "money",
  "date",
  "datetime",
  "boolean",
  "country",
  "phone",
  "email",
  "locale",
  "zone",
  "currency",
  "status",
  "birthday",
  "json",
  "any",
] as const;
export type FieldType = (typeof fieldTypes)[number];

export const importKinds = ["customers", "orders", "events", "products"] as const;
export type ImportKind = (typeof importKinds)[number];

/** One thing we know about, as a file may name it, and the column of the staging table it goes to. */
export interface Field {
  readonly name: string;
  readonly column: string;
  readonly type: FieldType;
  /** Other names a header may have for it, plain: lower case, letters and digits only. */
  readonly aliases: readonly string[];
}

function field(name: string, type: FieldType, aliases = "", column = name): Field {
  return { name, column, type, aliases: aliases === "" ? [] : aliases.split(" ") };
}

const personFields: readonly Field[] = [
  field("external_id", "key", "id customerid customer userid customernumber customerno"),
  field("email", "email", "mail emailaddress"),
  field("phone", "phone", "mobile telephone phonenumber tel mobilephone"),
  field("first_name", "text", "givenname forename"),
  field("last_name", "text", "surname familyname"),
  field("locale", "locale", "language lang"),
  field("zone", "zone", "timezone tz"),
  field("country", "country", "countrycode"),
  field("city", "text", "town"),
  field("postcode", "text", "zip zipcode postalcode"),
  field("birthday", "birthday", "birthdate dateofbirth dob"),
];

const consentFields: readonly Field[] = [
  field("consent.at", "datetime", "consentat consentdate consentedat optinat", "consent_at"),
  field("consent.source", "text", "consentsource optinsource", "consent_source"),
  field("consent.text_version", "text", "consenttextversion", "consent_text_version"),
];

/** The customer a row of orders or events names. Only the key's aliases may stand alone: `country` of an order could be where it went. */
const personOfRow: readonly Field[] = personFields.map(({ name, type, column }) => ({
  name: `customer.${name}`,
  type,
  column,
  aliases:
    name === "external_id"
      ? ["customer", "customerid", "userid", "customernumber", "customerno"]
      : name === "email" || name === "phone"
        ? [name]
        : [],
}));

const orderFields: readonly Field[] = [
  field(
    "number",
    "key",
    "id order orderid ordernumber orderno externalid invoice invoiceno",
    "order_number",
  ),
  field("ordered_at", "datetime", "date orderdate createdat invoicedate orderedon time"),
  field("status", "status", "orderstatus"),
  field("total", "money", "ordertotal totalprice amount revenue"),
  field("currency", "currency", "currencycode"),
  field("line", "integer", "lineno linenumber"),
  field("product", "key", "productid sku stockcode item itemid", "product"),
  field("product_name", "text", "productname productdescription description itemname"),
  field("product_category", "text", "category productcategory"),
  field("quantity", "number", "qty"),
  field("unit_price", "money", "price unitprice"),
];

const eventFields: readonly Field[] = [
  field("name", "text", "event eventname", "event_name"),
  field("occurred_at", "datetime", "timestamp time date at createdat occurredon"),
  field("key", "key", "messageid eventid id", "event_key"),
];

const productFields: readonly Field[] = [
  field("external_id", "key", "id sku product productid stockcode"),
  field("name", "text", "title productname description"),
  field("category", "text", "productcategory"),
  field("price", "money", "unitprice"),
  field("currency", "currency", "currencycode"),
  field("url", "text", "link producturl"),
];

export const fieldsOf: Readonly<Record<ImportKind, readonly Field[]>> = {
  customers: [...personFields, ...consentFields],
  orders: [...orderFields, ...personOfRow],
  events: [...eventFields, ...personOfRow],
  products: productFields,
};

/** Free fields, by the beginning of their name, and the jsonb column they are gathered in. */
export const bagsOf: Readonly<Record<ImportKind, Readonly<Record<string, string>>>> = {
  customers: { attributes: "attributes" },
  orders: {
    attributes: "order_attributes",
    "line.attributes": "line_attributes",
    "customer.attributes": "attributes",
  },
  events: { properties: "properties", "customer.attributes": "attributes" },
  products: { attributes: "attributes" },
};

/** A header as it is compared: `First Name`, `first_name` and `firstName` are one. */
export function plainHeader(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "");
}

/** The field a header means by itself. */
export function findField(kind: ImportKind, header: string): Field | undefined {
  const plain = plainHeader(header);
  const fields = fieldsOf[kind];
  return (
    fields.find(({ name }) => plainHeader(name) === plain) ??
    fields.find(({ aliases }) => aliases.includes(plain))
  );
}
