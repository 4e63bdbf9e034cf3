import type { Page } from "./page.ts";
import { searchCustomers } from "./search-customers.ts";
import type { Site } from "./site.ts";

/** The newest customers, or those looked for. */
export async function customersPage(
  { engine }: Site,
  query: Readonly<Record<string, unknown>>,
): Promise<Page> {
  const wanted = typeof query["q"] === "string" ? query["q"].slice(0, 200) : "";
  const { found, isCutShort } = await searchCustomers(engine.database, wanted);
  const model = { wanted, isSearch: wanted.trim() !== "", customers: found, isCutShort };
  return { view: "customers", title: "Customers", model };
}
