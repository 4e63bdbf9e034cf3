import { listPools } from "../enrollment/voucher-pool.ts";
import type { Page } from "./page.ts";
import type { Site } from "./site.ts";

/** The pools of vouchers by how many codes are left; never a code itself. */
export async function vouchersPage({ engine }: Site): Promise<Page> {
  const pools = await listPools(engine.database, engine.clock.now());
  const model = {
    pools: pools.map((pool) => ({
      ...pool,
      whole: pool.free + pool.handedOut + pool.redeemed + pool.expired,
    })),
  };
  return { view: "vouchers", title: "Vouchers", model };
}
