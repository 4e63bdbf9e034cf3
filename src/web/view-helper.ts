import Handlebars from "handlebars";
import type { Formats } from "./formats.ts";
import { icons } from "./icons.ts";
import { toneOf } from "./tone.ts";

const { SafeString, escapeExpression: escaped } = Handlebars;
const none = new SafeString('<span class="none">–</span>');
/** What a person can take in at a glance; a name of ten thousand letters is none. */
const longestName = 80;
const longestText = 600;

/** What views may call. Each takes what it is given at its word: models are typed where they are made. */
export function viewHelpers(formats: Formats): Record<string, Handlebars.HelperDelegate> {
  return {
    number: (value: unknown) => formats.number(Number(value)),
    money: (value: unknown, currency: unknown) =>
      formats.money(Number(value), typeof currency === "string" ? currency : undefined),
    percent: (share: unknown) => formats.percent(Number(share)),
    points: (share: unknown) => `${Number(share) > 0 ? "+" : ""}${formats.points(Number(share))}`,
    plural: (count: unknown, one: unknown, other: unknown) =>
      `${formats.number(Number(count))} ${String(Number(count) === 1 ? one : other)}`,
    moment: (instant: unknown) => time(instant, formats.moment),
    day: (instant: unknown) => time(instant, formats.day),
    hour: (instant: unknown) => time(instant, formats.hour),
    hourText: (instant: unknown) => (instant instanceof Date ? formats.hour(instant) : ""),
    ago: (instant: unknown, options: Handlebars.HelperOptions) => {
      const { now } = options.data as { now: Date };
      return time(
        instant,
        (at) => formats.distance(at, now),
        instant instanceof Date ? formats.moment(instant) : "",
      );
    },
    name: (text: unknown) => isolated(text, longestName),
    text: (text: unknown) => isolated(text, longestText),
    everyChannel: (name: unknown) => (name === "*" ? "every channel" : isolated(name, longestName)),
    everyTopic: (name: unknown) => (name === "*" ? "every topic" : isolated(name, longestName)),
    uri: (text: unknown) => encodeURIComponent(String(text)),
    words: (text: unknown) => String(text).replaceAll("_", " "),
    icon: (name: unknown) =>
      new SafeString(
        `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${icons[String(name)] ?? ""}</svg>`,
      ),
    state: (state: unknown) =>
      new SafeString(
        `<span class="state ${toneOf(String(state))}">${escaped(String(state))}</span>`,
      ),
    tone: (state: unknown) => toneOf(String(state)),
    bar: (part: unknown, whole: unknown, tone: unknown) =>
      bar(Number(part), Number(whole), typeof tone === "string" ? tone : "plain"),
  };
}

/** Kept apart from the text around it, whichever way it is written. */
function isolated(text: unknown, longest: number): Handlebars.SafeString {
  if (text === null || text === undefined || text === "") return none;
  const whole = typeof text === "string" ? text : JSON.stringify(text);
  const shown = whole.length > longest ? `${whole.slice(0, longest).toWellFormed()}…` : whole;
  return new SafeString(`<bdi>${escaped(shown)}</bdi>`);
}

function time(
  instant: unknown,
  write: (instant: Date) => string,
  title = "",
): Handlebars.SafeString {
  if (!(instant instanceof Date)) return none;
  const hover = title === "" ? "" : ` title="${escaped(title)}"`;
  return new SafeString(
    `<time datetime="${instant.toISOString()}"${hover}>${escaped(write(instant))}</time>`,
  );
}

/** A share as a line. Drawn as SVG, since our policy forbids styles written into the page. */
function bar(part: number, whole: number, tone: string): Handlebars.SafeString {
  const share = whole > 0 ? Math.min(100, (100 * part) / whole) : 0;
  return new SafeString(
    `<svg class="bar ${escaped(tone)}" aria-hidden="true"><rect class="whole" width="100%" height="100%"/><rect class="part" width="${share.toFixed(1)}%" height="100%"/></svg>`,
  );
}
