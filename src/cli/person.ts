import { type Person, findPerson } from "../customer/person.ts";
import { WaypostError } from "../errors.ts";
import type { House } from "./house.ts";

/** How commands let a customer be named. */
export const customerArgument = "your own id, an e-mail address, a telephone number, or #id";

export async function whoIs(house: House, meant: string): Promise<Person | undefined> {
  return findPerson(await house.database(), meant, Object.keys(house.config.channels));
}

export function nobody(meant: string): WaypostError {
  return new WaypostError(
    "WAYPOST_NOT_FOUND",
    `customer "${meant}": expected your own id, an e-mail address, a telephone number such as +447700900123, or #id; found nobody`,
  );
}
