/** What each helper takes. The allow-list: a template can call nothing else. */
export interface HelperGrammar {
  readonly least: number;
  readonly most: number;
  readonly named: readonly string[];
  readonly block: boolean;
  /** Its arguments may be missing; every other helper needs them to exist. */
  readonly takesMissing: boolean;
  /** It cannot use just any value, or its outcome may be part of an address, and then says where it is called. */
  readonly refuses: boolean;
  readonly usage: string;
}

function value(least: number, most: number, usage: string, ...named: string[]): HelperGrammar {
  return { least, most, named, block: false, takesMissing: false, refuses: true, usage };
}

function test(least: number, most: number, usage: string): HelperGrammar {
  return { least, most, named: [], block: false, takesMissing: true, refuses: false, usage };
}

function block(takesMissing: boolean, usage: string): HelperGrammar {
  return { least: 1, most: 1, named: [], block: true, takesMissing, refuses: !takesMissing, usage };
}

export const grammar: Readonly<Record<string, HelperGrammar>> = {
  date: value(1, 2, '{{date event.at "d MMMM"}}'),
  money: value(1, 2, "{{money event.total event.currency}}"),
  number: value(1, 1, "{{number event.weight digits=1}}", "digits"),
  plural: value(3, 3, '{{plural event.items.length "# item" "# items"}}'),
  list: value(1, 2, '{{list event.items "name" limit=3}}', "limit", "or"),
  link: value(1, 2, '{{link event.url "See your order"}}'),
  encode: value(1, 1, "https://shop.example/search?q={{encode event.query}}"),
  default: { ...test(2, 8, '{{default customer.first_name "there"}}'), refuses: true },
  eq: test(2, 2, '{{#if (eq customer.country "DE")}}'),
  gt: test(2, 2, "{{#if (gt event.total 100)}}"),
  lt: test(2, 2, "{{#if (lt event.total 100)}}"),
  and: test(1, 8, "{{#if (and event.coupon customer.first_name)}}"),
  or: test(1, 8, "{{#if (or customer.first_name customer.last_name)}}"),
  not: test(1, 1, "{{#if (not event.coupon)}}"),
  if: block(true, "{{#if event.coupon}}…{{/if}}"),
  unless: block(true, "{{#unless event.coupon}}…{{/unless}}"),
  with: block(true, "{{#with event.coupon}}…{{/with}}"),
  each: block(false, "{{#each event.items}}…{{/each}}"),
};

export function grammarOf(name: string): HelperGrammar | undefined {
  return Object.hasOwn(grammar, name) ? grammar[name] : undefined;
}

/** What the compiler itself puts into templates. No operator can write these. */
export const internalHelpers = [
  "value_",
  "given_",
  "link_",
  "untracked_",
  "url_",
  "partial_",
] as const;

/** `@index` and its like, and the language of the text; anything else after an `@` is internal. */
export const loopVariables = ["index", "key", "first", "last", "root", "language"] as const;
