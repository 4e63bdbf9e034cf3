import { findErasureKey } from "../customer/erasure-key.ts";
import { readSecrets } from "../secret.ts";
import { type Finding, ok } from "./finding.ts";
import type { House } from "./house.ts";

/** Whether erased addresses are known under the secret of now; nothing where nobody was erased. That they are not is thrown. */
export async function examineSecret(house: House): Promise<readonly Finding[]> {
  const { folder, environment } = house.config;
  const key = await findErasureKey(await house.database(), () =>
    readSecrets(folder, environment.WAYPOST_SECRET),
  );
  return key === undefined ? [] : [ok("secret", "opens the key of erased addresses")];
}
