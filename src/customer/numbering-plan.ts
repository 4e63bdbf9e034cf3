import metadata from "libphonenumber-js/max/metadata";

/** What is known of a country's numbers, its patterns made once: the library makes them anew for every number it looks at. */
interface Plan {
  readonly code: string;
  /** Matches a whole national number of one of the country's kinds: fixed, mobile, toll free and so on. */
  readonly number: RegExp;
  /** What is dialled before a national number inside the country, where one does so. */
  readonly trunk: string | null;
  readonly trunkPattern: RegExp | null;
  /** What is dialled before a number abroad. */
  readonly abroad: RegExp;
  /** Tells countries of one calling code apart. */
  readonly leading: RegExp | null;
}

const plans = new Map<string, Plan>();
const countriesOf = new Map(Object.entries(metadata.country_calling_codes));

/**
 * A number in E.164 when it is written plainly (`+44 7400 123456`, `(0171) 234-5678`) and surely exists. Undefined says nothing: the
 * library is to be asked, which knows every way of writing one, at many times the price.
 */
export function readPlainNumber(text: string, country: string): string | undefined {
  if (!/^\+?\d[\d ().-]*$/.test(text)) return undefined;
  const digits = text.replaceAll(/\D/g, "");
  return text.startsWith("+") ? international(digits) : national(digits, country);
}

function international(digits: string): string | undefined {
  for (let length = 1; length <= 3; length++) {
    const countries = countriesOf.get(digits.slice(0, length));
    if (countries === undefined) continue;
    const [main = ""] = countries;
    const number = digits.slice(length);
    const isPlain = planOf(main)?.trunkPattern?.test(number) !== true;
    return isPlain && exists(number, countries) ? `+${digits}` : undefined;
  }
  return undefined;
}

function national(digits: string, country: string): string | undefined {
  const plan = planOf(country);
  if (plan === undefined || plan.abroad.test(digits) || digits.startsWith(plan.code))
    return undefined;
  const trunk = plan.trunkPattern?.exec(digits)?.[0] ?? "";
  if (trunk !== "" && trunk !== plan.trunk) return undefined;
  const number = digits.slice(trunk.length);
  return plan.number.test(number) && exists(number, countriesOf.get(plan.code) ?? [])
    ? `+${plan.code}${number}`
    : undefined;
}

/** Of countries that share a calling code, the first whose the number may be decides. */
function exists(number: string, countries: readonly string[]): boolean {
  for (const country of countries) {
    const plan = planOf(country);
    if (plan === undefined) return false;
    const { leading } = plan;
    if (countries.length === 1 || leading?.test(number) === true) return plan.number.test(number);
    if (leading === null && plan.number.test(number)) return true;
  }
  return false;
}

function planOf(country: string): Plan | undefined {
  const known = plans.get(country);
  if (known !== undefined) return known;
  const found = (metadata.countries as Readonly<Record<string, Minified | undefined>>)[country];
  if (found === undefined) return undefined;
  const plan = planFrom(found);
  plans.set(country, plan);
  return plan;
}

type Kind = readonly [pattern: string, lengths?: readonly number[]] | 0;

/** A plan in the library's data, by its METADATA.md. Empty places are 0. */
type Minified = readonly [
  code: string,
  abroad: string,
  pattern: string,
  lengths: readonly number[],
  formats: unknown,
  trunk: string | 0,
  trunkRule: unknown,
  trunkPattern: string | 0,
  transformation: unknown,
  trunkIsOptional: unknown,
  leading: string | 0,
  kinds: readonly Kind[],
];

function planFrom(found: Minified): Plan {
  const [code, abroad, pattern, , , trunk, , trunkPattern, , , leading, kinds] = found;
  const kind = kinds.flatMap((each) => (each === 0 || each[0] === "" ? [] : kindPattern(each)));
  return {
    code,
    number: new RegExp(`^(?=(?:${pattern})$)(?:${kind.join("|")})$`),
    trunk: trunk || null,
    trunkPattern: startingWith(trunkPattern || trunk),
    abroad: new RegExp(`^(?:${abroad})`),
    leading: startingWith(leading),
  };
}

function kindPattern([pattern, lengths]: Exclude<Kind, 0>): string {
  if (lengths === undefined) return `(?:${pattern})`;
  return `(?=(?:${lengths.map((length) => `\\d{${length}}`).join("|")})$)(?:${pattern})`;
}

function startingWith(pattern: string | 0): RegExp | null {
  return pattern ? new RegExp(`^(?:${pattern})`) : null;
}
