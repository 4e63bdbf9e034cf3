/** What people write for a country and no standard has, by its plain form. */
const aliases = new Map(
  Object.entries({
    uk: "GB",
    greatbritain: "GB",
    england: "GB",
    scotland: "GB",
    wales: "GB",
    northernireland: "GB",
    usa: "US",
    us: "US",
    america: "US",
    unitedstatesofamerica: "US",
    eire: "IE",
    republicofireland: "IE",
    rsa: "ZA",
    holland: "NL",
    thenetherlands: "NL",
    czechrepublic: "CZ",
    hongkong: "HK",
    macau: "MO",
    korea: "KR",
    southkorea: "KR",
    russianfederation: "RU",
    uae: "AE",
    turkey: "TR",
    burma: "MM",
    swaziland: "SZ",
    ivorycoast: "CI",
    vietnam: "VN",
    bosnia: "BA",
    macedonia: "MK",
    capeverde: "CV",
    easttimor: "TL",
    palestine: "PS",
  }),
);

const unknown = new Set(["unspecified", "unknown", "none", "na", "other", "notspecified", "zz"]);
const languages = ["en", "de", "fr", "es", "it", "nl", "pt"];
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
/** Regions of CLDR that are no countries: unions, outlying groups and pseudo-locales. */
const noCountries = new Set(["EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"]);

let codes: ReadonlyMap<string, string> | undefined;

/** An ISO 3166 code from a code or a name in seven languages; null for "Unspecified" and the like; undefined for what is no country. */
export function readCountry(text: string): string | null | undefined {
  codes ??= countryNames();
  // Two letters need no cleaning.
  const plain = /^[A-Z]{2}$/.test(text) ? text.toLowerCase() : plainName(text);
  return unknown.has(plain) ? null : (aliases.get(plain) ?? codes.get(plain));
}

function countryNames(): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const current = [...currentCodes()];
  for (const language of languages) {
    const display = new Intl.DisplayNames(language, { type: "region", fallback: "none" });
    for (const code of current) {
      const name = plainName(display.of(code) ?? code);
      if (!names.has(name)) names.set(name, code);
    }
  }
  for (const code of current) names.set(code.toLowerCase(), code);
  return names;
}

/** Intl knows withdrawn codes too (UK, DD, SU); those resolve to another one. */
function* currentCodes(): Generator<string> {
  const display = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  for (const first of letters) {
    for (const second of letters) {
      const code = first + second;
      if (noCountries.has(code) || display.of(code) === undefined) continue;
      if (new Intl.Locale(`und-${code}`).region === code) yield code;
    }
  }
}

/** Without accents, punctuation and case: "Côte d’Ivoire" and "cote d'ivoire" are one. */
function plainName(text: string): string {
  return text
    .normalize("NFD")
    .toLowerCase()
    .replaceAll("&", "and")
    .replaceAll(/[^\p{L}]/gu, "");
}
