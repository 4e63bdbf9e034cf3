import { runInThisContext } from "node:vm";
import Handlebars from "handlebars";
import { grammar, internalHelpers } from "./grammar.ts";
import { helpersFor, type Markup } from "./helper.ts";
import type { RenderState } from "./render-state.ts";

export type RenderPart = (state: RenderState) => string;

const knownHelpers = Object.fromEntries(
  [...Object.keys(grammar), ...internalHelpers].map((name) => [name, true]),
);

/** Nothing inherited is ever read: neither a property nor a method, whatever its name. */
const protoAccessControl = {
  properties: { whitelist: Object.create(null) as object, defaultValue: false },
  methods: { whitelist: Object.create(null) as object, defaultValue: false },
};

const environments = { html: environmentOf("html"), text: environmentOf("text") };

function environmentOf(markup: Markup): {
  readonly handlebars: typeof Handlebars;
  readonly helpers: object;
} {
  const handlebars = Handlebars.create();
  return { handlebars, helpers: { __proto__: null, ...helpersFor(markup) } };
}

/** A block tag alone on its line takes the line with it, except where the compiler has already laid out the lines. */
export type Lines = "written" | "laid out";

/**
 * Compile a template's text, once and at once, so that what is wrong with it shows at load. `partial: true` hands
 * our helpers to Handlebars as they are; otherwise it would wrap each of them anew at every rendering.
 */
export function compilePart(markup: Markup, text: string, lines: Lines = "written"): RenderPart {
  if (!text.includes("{{")) return () => text;
  const { handlebars, helpers } = environments[markup];
  const options = {
    knownHelpers,
    knownHelpersOnly: true,
    noEscape: markup === "text",
    ignoreStandalone: lines === "laid out",
  };
  const code = handlebars.precompile(text, options) as string;
  const template = handlebars.template<unknown>(
    runInThisContext(`(${code})`) as TemplateSpecification,
  );
  return (state) => {
    const data = { root: state.root, language: state.language, state };
    const boundary = {
      partial: true,
      helpers,
      partials: {},
      decorators: {},
      hooks: {},
      protoAccessControl,
      data,
    };
    return template(state.root, boundary as Handlebars.RuntimeOptions);
  };
}
