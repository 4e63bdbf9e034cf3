import type { Config } from "../config.ts";
import type { Database } from "../database/database.ts";
import { addVouchers, savePools } from "../enrollment/voucher-pool.ts";
import type { Props } from "./test-file.ts";

const usual = { redeemed_by: "voucher_redeemed", property: "code", low: 0 };

/** Fills the pools of a test, redeemed as waypost.yaml says. */
export async function stock(
  database: Database,
  pools: Config["pools"],
  vouchers: Props["vouchers"],
  now: Date,
): Promise<void> {
  const names = Object.keys(vouchers);
  await savePools(
    database,
    Object.fromEntries(names.map((name) => [name, pools[name] ?? usual])),
    now,
  );
  for (const name of names) await addVouchers(database, name, vouchers[name] ?? [], now);
}
