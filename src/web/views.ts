import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runInThisContext } from "node:vm";
import Handlebars from "handlebars";
import type { Formats } from "./formats.ts";
import { viewHelpers } from "./view-helper.ts";

/** Below the root of the package, which is as far above `src/web` as above `dist/web`. */
const folder = fileURLToPath(new URL("./views/", import.meta.url));

/** The pages' templates, compiled once. */
export interface Views {
  /** Renders a view. A field the view names and the model lacks is an error, never a gap. */
  render(name: string, model: object, now: Date): string;
}

export function loadViews(formats: Formats): Views {
  const handlebars = Handlebars.create();
  const helpers = viewHelpers(formats);
  handlebars.registerHelper(helpers);
  const knownHelpers = Object.fromEntries(Object.keys(helpers).map((name) => [name, true]));
  const compile = (path: string): Handlebars.TemplateDelegate => {
    const code = handlebars.precompile(readFileSync(path, "utf8"), {
      strict: true,
      knownHelpers,
      knownHelpersOnly: true,
    }) as string;
    return handlebars.template(runInThisContext(`(${code})`) as TemplateSpecification);
  };
  for (const [name, path] of viewsIn(join(folder, "partials")))
    handlebars.registerPartial(name, compile(path));
  const views = new Map(viewsIn(folder).map(([name, path]) => [name, compile(path)]));
  return {
    render(name, model, now) {
      const view = views.get(name);
      if (view === undefined) throw new Error(`web: there is no view "${name}"`);
      return view(model, { data: { now } });
    },
  };
}

function viewsIn(path: string): [name: string, path: string][] {
  return readdirSync(path)
    .filter((file) => file.endsWith(".hbs"))
    .map((file) => [file.slice(0, -4), join(path, file)]);
}
