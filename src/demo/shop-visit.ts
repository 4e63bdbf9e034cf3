import type { Chance } from "./chance.ts";
import type { ShopCustomer } from "./shop-customer.ts";
import { type ShopProduct, currency, products, shop } from "./shop-product.ts";

export interface ShopEvent {
  readonly at: Date;
  readonly customer: string;
  readonly name: "page_viewed" | "basket_updated" | "order_completed";
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface ShopItem extends ShopProduct {
  readonly quantity: number;
}

const minuteMs = 60_000;

/** A look at a few pages, a minute or two each. */
export function viewPages(customer: ShopCustomer, from: Date, chance: Chance): ShopEvent[] {
  return Array.from({ length: chance.whole(1, 3) }, (_, nth) => {
    const product = liked(customer, chance);
    const properties = {
      path: product.url.slice(shop.url.length),
      title: product.name,
      sku: product.sku,
    };
    return { at: later(from, nth * 1.5), customer: customer.id, name: "page_viewed", properties };
  });
}

export function fillBasket(customer: ShopCustomer, chance: Chance): ShopItem[] {
  const chosen = new Map<string, ShopItem>();
  for (let left = chance.whole(1, 3); left > 0; left--) {
    const product = liked(customer, chance);
    chosen.set(product.sku, { ...product, quantity: chance.happens(0.8) ? 1 : chance.whole(2, 3) });
  }
  return [...chosen.values()];
}

export function updateBasket(
  customer: ShopCustomer,
  at: Date,
  basketId: string,
  items: readonly ShopItem[],
): ShopEvent {
  const properties = { basket_id: basketId, total: totalOf(items), currency, items };
  return { at, customer: customer.id, name: "basket_updated", properties };
}

export function completeOrder(
  customer: ShopCustomer,
  at: Date,
  orderId: string,
  items: readonly ShopItem[],
): ShopEvent {
  const properties = { order_id: orderId, total: totalOf(items), currency, items };
  return { at, customer: customer.id, name: "order_completed", properties };
}

export function later(from: Date, minutes: number): Date {
  return new Date(from.getTime() + minutes * minuteMs);
}

function totalOf(items: readonly ShopItem[]): number {
  const pence = items.reduce((sum, item) => sum + Math.round(item.price * 100) * item.quantity, 0);
  return pence / 100;
}

/** Mostly from the shelves somebody likes. */
function liked(customer: ShopCustomer, chance: Chance): ShopProduct {
  if (chance.happens(0.25)) return chance.pick(products);
  const category = chance.pick(customer.favourites);
  return chance.pick(products.filter((product) => product.category === category));
}
