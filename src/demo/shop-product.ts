/** What the shop sells, at its price in pounds. */
export interface ShopProduct {
  readonly sku: string;
  readonly name: string;
  readonly category: string;
  readonly price: number;
  readonly url: string;
}

export const shop = {
  name: "Linden Lane",
  address: "7 Linden Lane, Bristol BS1 4DJ",
  url: "https://linden-lane.example",
  support_email: "hello@linden-lane.example",
};
export const currency = "GBP";

const shelves: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  coffee: [
    ["House espresso, 1 kg", 21.5],
    ["Ethiopian filter roast, 250 g", 11.9],
    ["Decaf from Colombia, 250 g", 10.9],
    ["Pour-over set of glass", 34],
    ["Hand grinder of steel", 79],
    ["Filter papers, 100", 6.5],
    ["Moka pot for three", 29.9],
  ],
  kitchen: [
    ["Cast-iron pan, 26 cm", 64],
    ["Chef's knife, 20 cm", 89],
    ["Chopping board of oak", 38],
    ["Enamel saucepan", 42.5],
    ["Linen tea towels, set of 3", 19.9],
    ["Pepper mill of beech", 32],
    ["Mixing bowls, set of 4", 45],
  ],
  garden: [
    ["Secateurs, forged", 36.5],
    ["Watering can, 5 litres", 27.9],
    ["Wild flower seeds", 5.9],
    ["Tomato seeds, old kinds", 4.9],
    ["Kneeling cushion", 18],
    ["Garden twine in a tin", 12.5],
    ["Hand fork and trowel", 29],
  ],
  bath: [
    ["Lavender soap", 7.5],
    ["Towel of organic cotton", 28],
    ["Bath oil with rosemary", 22],
    ["Beard and hand balm", 16.5],
    ["Sponge, natural", 13.9],
    ["Hamam cloth", 34.5],
  ],
  paper: [
    ["Notebook, dotted, A5", 14.9],
    ["Fountain pen, medium", 48],
    ["Letter paper, 50 sheets", 17.5],
    ["Wall calendar", 21],
    ["Pencils of cedar, dozen", 11],
    ["Ink, midnight blue", 12.9],
    ["Desk lamp of brass", 119],
  ],
  outdoors: [
    ["Wool blanket", 95],
    ["Thermos flask, 1 litre", 39.9],
    ["Picnic basket for four", 129],
    ["Lantern, rechargeable", 54],
    ["Enamel mugs, set of 2", 18.5],
    ["Pocket knife of olive wood", 44],
    ["Hammock for two", 74],
  ],
};

export const products: readonly ShopProduct[] = Object.entries(shelves).flatMap(
  ([category, items]) =>
    items.map(([name, price], index) => ({
      sku: `${category.slice(0, 2).toUpperCase()}-${101 + index}`,
      name,
      category,
      price,
      url: `${shop.url}/${category}/${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-")}`,
    })),
);

export const categories = Object.keys(shelves);
